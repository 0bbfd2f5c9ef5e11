//! `docs/operator.md` has its table of reasons from the code: `UPDATE_GOLDEN=1 cargo test -p riskgate-operator` writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use riskgate_operator::reason::{Reason, Tone};

fn table() -> String {
    let mut table = "| reason | status | means |\n|---|---|---|\n".to_owned();
    for reason in Reason::ALL {
        let status = match reason.tone() {
            Tone::Good => "True",
            Tone::Bad => "False",
        };
        table += &format!("| `{reason}` | {status} | {} |\n", reason.meaning());
    }
    table
}

#[test]
fn every_reason_is_in_the_page_for_operators() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- reasons -->\n").expect("the table's place is gone");
    let (_, tail) = rest.split_once("<!-- end -->").expect("the table does not end");
    let new = format!("{head}<!-- reasons -->\n\n{}\n<!-- end -->{tail}", table());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, new).unwrap();
        return;
    }
    assert_eq!(text, new, "write it anew: UPDATE_GOLDEN=1 cargo test -p riskgate-operator");
}
