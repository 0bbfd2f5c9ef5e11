//! `riskgate demo --keep`: everything left running, and played with by hand.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Process, Signal};
use crate::run::fixtures;
use crate::web::{get, post};

/// A login without a personal number at the risk that is told to the simulated BankID.
fn login(addresses: &Value, risk: &str) -> Value {
    let address = |name: &str| addresses[name].as_str().unwrap();
    post(address("control"), "/v1/bankid-se/scripts/next", &json!({ "risk": risk, "hints": [] }));
    let provider = address("provider");
    let order = post(provider, "/rp/v6.0/auth", &json!({ "endUserIp": "203.0.113.17" }));
    post(provider, "/rp/v6.0/collect", &json!({ "orderRef": order["orderRef"] }))
}

#[test]
fn it_stays_follows_its_policy_and_leaves_nothing_behind() {
    let demo = Process::start(&fixtures(), &["demo", "--keep", "--output", "json"]);
    let addresses = demo.next_json()["addresses"].take();

    assert_eq!(login(&addresses, "moderate")["status"], "complete");
    assert_eq!(demo.next_json()["verdict"], "Allow");

    let file = addresses["policyFile"].as_str().unwrap();
    let policy = fs::read_to_string(file).unwrap();
    let stricter = policy.replacen("blockAt: High", "blockAt: Moderate", 1);
    assert_ne!(policy, stricter);
    fs::write(file, stricter).unwrap();
    demo.hears("the configuration was taken");

    assert_eq!(login(&addresses, "moderate")["status"], "failed");
    let record = demo.next_json();
    assert_eq!((&record["verdict"], &record["flow"]), (&json!("Block"), &json!("login")));

    let admin = addresses["admin"].as_str().unwrap();
    let recent: Vec<Value> = serde_json::from_str(&get(admin, "/decisions/recent")).unwrap();
    assert_eq!(recent.last(), Some(&record));

    let folder = Path::new(file).parent().unwrap().to_owned();
    assert_eq!(demo.end(Signal::Interrupt).code(), Some(0));
    assert!(!folder.exists(), "the throw-away keys are still in {}", folder.display());
}

#[test]
fn the_invitation_is_true() {
    let demo = Process::start(&fixtures(), &["demo", "--keep"]);
    let mut curls = Vec::new();
    while curls.len() < 3 {
        let line = demo.next();
        if let Some(curl) = line.trim().strip_prefix("curl ") {
            curls.push(curl.to_owned());
        }
    }
    // What a person would paste into a shell: an address, and a body in quotes.
    let paste = |command: &str| -> Value {
        let url = command.split_whitespace().next().unwrap();
        let body = command.trim_end_matches('\'').rsplit_once('\'').unwrap().1;
        let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        post(&format!("http://{authority}"), &format!("/{path}"), &serde_json::from_str(body).unwrap())
    };
    paste(&curls[0]);
    let order = paste(&curls[1]);
    let collect = curls[2].replace("ORDERREF", order["orderRef"].as_str().unwrap());
    let result = loop {
        let answer = paste(&collect);
        if answer["status"] != "pending" {
            break answer;
        }
    };
    assert_eq!(result["hintCode"], "transactionRiskBlocked");
    let told = std::iter::repeat_with(|| demo.next()).find(|line| line.contains("Auth, login: ")).unwrap();
    assert!(told.contains("Block, the application sees Block: BlockAt: High"), "{told}");
    assert_eq!(demo.end(Signal::Terminate).code(), Some(0));
}
