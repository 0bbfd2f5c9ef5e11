//! `riskgate sidecar`.

use std::fs;
use std::path::{Path, PathBuf};

use riskgate_simulator::pki;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, Signal};
use crate::run::{fixtures, run};
use crate::web::get;

/// A folder with a policy and credentials.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        pki::ensure(&folder.path().join("credentials"), &[]).unwrap();
        fs::copy(fixtures().join("sound.yaml"), folder.path().join("policy.yaml")).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn policy(&self) -> PathBuf {
        self.path().join("policy.yaml")
    }

    fn change(&self, from: &str, to: &str) {
        let policy = fs::read_to_string(self.policy()).unwrap();
        assert!(policy.contains(from));
        // In one step, so that half a file is never read.
        let fresh = self.path().join("policy.new");
        fs::write(&fresh, policy.replacen(from, to, 1)).unwrap();
        fs::rename(fresh, self.policy()).unwrap();
    }
}

const ARGUMENTS: [&str; 5] = ["sidecar", "--policy", "policy.yaml", "--credentials", "credentials"];

fn revision(ready: &Value) -> String {
    let config: Value =
        serde_json::from_str(&get(&format!("http://{}", ready["admin"].as_str().unwrap()), "/config"))
            .unwrap();
    config["revision"].as_str().unwrap().to_owned()
}

#[test]
fn it_is_ready_in_one_line_and_follows_its_policy() {
    let folder = Folder::new();
    let sidecar = Process::start(folder.path(), &ARGUMENTS);
    let line = sidecar.next();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let address = |value: &Value| value.as_str().unwrap().to_owned();
    let (bankid, admin, health) =
        (address(&ready["providers"]["bankid"]), address(&ready["admin"]), address(&ready["health"]));
    let expected = format!(
        r#"{{"ready":true,"providers":{{"bankid":"{bankid}"}},"admin":"{admin}","health":"{health}"}}"#
    );
    assert_eq!(line, expected);
    assert!(bankid.starts_with("127.0.0.1:") && admin.starts_with("127.0.0.1:"), "{line}");

    let first = revision(&ready);
    folder.change("challengeAt: Moderate", "challengeAt: Mediocre");
    let refused = sidecar.hears("refused");
    assert!(refused.contains("policy.yaml:20:20: error: spec.flows[0].challengeAt: "), "{refused}");
    assert_eq!(revision(&ready), first, "the last good one stays");

    folder.change("challengeAt: Mediocre", "challengeAt: High");
    sidecar.hears("the configuration was taken");
    assert_ne!(revision(&ready), first);
    assert_eq!(sidecar.end(Signal::Terminate).code(), Some(0));
}

#[test]
fn a_policy_that_cannot_be_used_at_first_ends_it() {
    let folder = Folder::new();
    folder.change("blockAt: High", "blockAt: Hgih");
    let ran = run(folder.path(), &ARGUMENTS, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    assert!(ran.stderr.contains("policy.yaml:35:16: error: spec.flows[2].blockAt: "), "{}", ran.stderr);
}

#[test]
fn a_missing_credential_is_named() {
    let folder = Folder::new();
    fs::remove_dir_all(folder.path().join("credentials/secrets/bankid-rp")).unwrap();
    let ran = run(folder.path(), &ARGUMENTS, "");
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    assert!(ran.stderr.contains("secrets/bankid-rp"), "{}", ran.stderr);
}

#[test]
fn without_a_policy_the_command_line_is_wrong() {
    let ran = run(&fixtures(), &["sidecar"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--policy <POLICY.yaml>"), "{}", ran.stderr);
}
