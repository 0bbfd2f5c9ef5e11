//! `docs/cli.md` shows what the command really prints: every block marked `console` is run, from the root of the
//! workspace, and compared.

use std::fs;

use crate::golden::{ADVICE, is_refreshed};
use crate::run::{root, run};

const PROMPT: &str = "$ riskgate ";
const FENCE: &str = "```";

/// The text with the output of every command in it as it is now.
fn with_outputs(text: &str) -> String {
    let mut renewed = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        renewed.push('\n');
        if line != "```console" {
            continue;
        }
        let command = lines.next().expect("a command in the block");
        let arguments = command.strip_prefix(PROMPT).unwrap_or_else(|| panic!("{command}: write {PROMPT}…"));
        assert!(lines.any(|line| line == FENCE), "{command}: the block does not end");
        renewed.push_str(&format!("{command}\n{}{FENCE}\n", output(arguments)));
    }
    renewed
}

/// What is left on a terminal, and the exit code where it is another than 0.
fn output(arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let ran = run(&root(), &arguments, "");
    let exit = if ran.code == 0 { String::new() } else { format!("(exit code {})\n", ran.code) };
    let told: String =
        ran.stderr.lines().filter(|line| !is_progress(line)).map(|line| format!("{line}\n")).collect();
    format!("{told}{}{exit}", ran.stdout)
}

/// How much is told of the progress depends on the machine.
fn is_progress(line: &str) -> bool {
    line.ends_with(" …")
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let path = root().join("docs/cli.md");
    let text = fs::read_to_string(&path).unwrap();
    let renewed = with_outputs(&text);
    if is_refreshed() {
        fs::write(&path, renewed).unwrap();
        return;
    }
    assert_eq!(text, renewed, "docs/cli.md differs; {ADVICE}");
}

#[test]
fn every_command_is_documented() {
    let text = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    for command in [
        "demo",
        "sidecar",
        "policy validate",
        "policy compile",
        "policy explain",
        "inject",
        "uninject",
        "check",
        "check store",
        "status",
        "explain pod",
        "completions",
    ] {
        assert!(text.contains(&format!("## `riskgate {command}`")), "{command} has no section");
        assert!(text.contains(&format!("{PROMPT}{command} --help")), "{command} has no help shown");
    }
}
