//! `riskgate completions`.

use crate::run::{riskgate, riskgate_fed};

#[test]
fn every_shell_learns_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = riskgate(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["demo", "sidecar", "validate", "compile", "explain", "requirement-risk", "PinCode"] {
            assert!(ran.stdout.contains(word), "{shell} does not learn {word}");
        }
    }
}

#[test]
fn bash_completes_a_command() {
    let script = riskgate(&["completions", "bash"]).stdout;
    let asked = format!(
        "{script}\nCOMP_WORDS=(riskgate policy exp); COMP_CWORD=2; _riskgate riskgate exp policy; echo \"${{COMPREPLY[*]}}\""
    );
    let output = std::process::Command::new("bash").arg("-c").arg(asked).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "explain\n", "{output:?}");
}

#[test]
fn other_shells_are_refused() {
    let ran = riskgate_fed(&["completions", "tcsh"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("[possible values: bash, zsh, fish]"), "{}", ran.stderr);
}
