//! The binary: readiness, signals, `pki`, and what it says of itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_riskgate-simulator");

/// A simulator process that ends with the test.
struct Simulator {
    child: Child,
    stdout: BufReader<ChildStdout>,
    ready: Value,
}

impl Simulator {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { child, stdout, ready: serde_json::from_str(&line).unwrap() }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().unwrap()
}

#[test]
fn it_tells_readiness_in_one_line_and_ends_on_a_signal() {
    let directory = tempfile::tempdir().unwrap();
    let pki = directory.path().join("pki");
    let tls = ["--pki", pki.to_str().unwrap(), "--threads", "2"];
    for (arguments, scheme, signal) in [(&tls[..], "https", "TERM"), (&["--plain-http"], "http", "INT")] {
        let mut simulator = Simulator::start(arguments);
        assert_eq!(simulator.ready["ready"], true);
        let base = simulator.ready["bankidSe"].as_str().unwrap();
        assert!(base.starts_with(&format!("{scheme}://localhost:")), "{base}");
        assert!(simulator.ready["control"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        simulator.signal(signal);
        let mut rest = String::new();
        simulator.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert!(simulator.child.wait().unwrap().success());
    }
}

#[test]
fn it_writes_a_pki_alone() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("new/pki");
    let output = run(&["pki", "--out", out.to_str().unwrap(), "--server-name", "simulator.staging.svc"]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    for file in [
        "secrets/bankid-rp/tls.crt",
        "secrets/bankid-rp-next/tls.key",
        "secrets/bankid-rp-p12/keystore.p12",
        "secrets/bankid-rp-p12-legacy/password",
        "configmaps/bankid-roots/ca.crt",
        "server/client-ca.crt",
        "server/tls.crt",
        "faults/expired/tls.crt",
        "faults/other-root/tls.key",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
}

#[test]
fn it_explains_itself() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for part in ["200001032382  completes, risk high", "--control", "Try it:", "curl"] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}

#[test]
fn it_says_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("script.yaml");
    std::fs::write(&script, "default:\n  riks: low\n").unwrap();
    for (arguments, told) in [
        (&["--plain-http", "--script", script.to_str().unwrap()][..], "unknown field `riks`"),
        (&["--plain-http", "--script", "/nowhere.yaml"], "/nowhere.yaml"),
        (&["--plain-http", "--listen", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0"),
        (&[], "--pki <DIR>"),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(told), "{arguments:?}: {stderr}");
    }
}
