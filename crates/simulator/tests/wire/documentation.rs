//! What `docs/simulator.md` shows works.

use http::Method;
use riskgate_simulator::bankid_se::ScriptFile;
use riskgate_simulator::bankid_se::script::builtins;
use serde_json::{Value, json};

use crate::bench::Bench;

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md"));

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fenced = DOCUMENT.split("```").skip(1).step_by(2);
    let blocks: Vec<&str> = fenced.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).collect();
    assert!(!blocks.is_empty(), "no block of {language}");
    blocks
}

#[test]
fn the_script_is_one() {
    for block in blocks("yaml") {
        let file = ScriptFile::parse(block).unwrap();
        assert!(!file.persons.is_empty() && !file.next.is_empty());
    }
}

#[test]
fn the_built_in_numbers_are_these() {
    for builtin in builtins() {
        let row = format!("| `{}` | {} |\n", builtin.personal_number, builtin.about);
        assert!(DOCUMENT.contains(&row), "not in the document: {row}");
    }
}

/// Method, path and body of a `curl` line.
fn call(line: &str) -> (Method, String, Value) {
    let quoted =
        |after: &str| line.split_once(after).map(|(_, rest)| rest.split('\'').next().unwrap().to_owned());
    let body = quoted("-d '");
    let method = match line.split_once("-X ") {
        Some((_, rest)) => rest.split(' ').next().unwrap().parse().unwrap(),
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let path = line.split_once("$CONTROL").unwrap().1;
    let path = path.split([' ', '"']).next().unwrap().to_owned();
    (method, path, body.map_or(json!({}), |body| serde_json::from_str(&body).unwrap()))
}

#[tokio::test]
async fn every_call_of_the_control_api_works() {
    let bench = Bench::with(|options| {
        let free = options.listen;
        options.tic_identity = Some(free);
        options.bankid_no = Some(free);
        options.risk_service = Some(free);
    })
    .await;
    let order = bench.auth().await;
    let lines = blocks("sh").into_iter().flat_map(str::lines).filter(|line| line.starts_with("curl"));
    let mut calls = 0;
    for line in lines {
        let (method, path, body) = call(line);
        if path.starts_with("/v1/requests/wait") {
            bench.auth().await;
        }
        let path =
            path.replace("$ORDER", &order).replace("path=/rp/v6.0/collect&answered=false&count=3", "count=1");
        let answer = bench.control(method, &path, &body).await;
        assert!(answer.status.is_success(), "{line}: {answer:?}");
        calls += 1;
    }
    assert!(calls > 25, "{calls}");
}
