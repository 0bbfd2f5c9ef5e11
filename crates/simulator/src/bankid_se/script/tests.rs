use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn a_script_file_says_everything() {
    let file = ScriptFile::parse(
        r#"
default:
  risk: moderate
persons:
  "200001012384":
    start: qr
    hints:
      - { hint: outstandingTransaction, collects: 2 }
      - { hint: userSign, seconds: 1.5 }
      - { hint: userDance }
    outcome: userCancel
    risk: absent
    user: { name: Ada Byron, givenName: Ada, surname: Byron }
    device: { ipAddress: 203.0.113.9, uhi: absent }
    stepUp: { mrtd: true }
    bankIdIssueDate: "2020-02-01"
    delays: { order: 1, pending: 2, terminal: 3, cancel: 4 }
    faults:
      - { at: terminal, fault: drop, when: before, times: 1 }
      - { at: order, fault: error, status: 503, errorCode: maintenance, skip: 2 }
      - { at: collect, fault: hugeBody, bytes: 100000 }
      - { at: terminal, fault: members, members: { completionData: { risk: 7, future: null } } }
next:
  - outcome: pending
"#,
    )
    .unwrap();
    assert_eq!(file.default, Script { risk: "moderate".into(), ..Script::default() });
    let script = &file.persons["200001012384"];
    let step = |hint: &'static str, lasts| Step { hint: hint.into(), lasts };
    let steps = vec![
        step("outstandingTransaction", Lasts::Collects(2)),
        step("userSign", Lasts::Time(Duration::from_millis(1_500))),
        step("userDance", Lasts::Collects(1)),
    ];
    assert_eq!(script.hints, Some(steps));
    assert_eq!(script.outcome, Outcome::Failed("userCancel".to_owned()));
    assert_eq!((&script.risk, &script.device.uhi), (&Scripted::Absent, &Scripted::Absent));
    let [drop, error, ..] = script.faults.as_slice() else { panic!("four faults: {:?}", script.faults) };
    assert_eq!(
        *drop,
        Fault {
            at: FaultPoint::Terminal,
            skip: 0,
            times: Some(1),
            when: Some(When::Before),
            kind: FaultKind::Drop {}
        }
    );
    assert!(matches!(&error.kind, FaultKind::Error { status, .. } if status.code() == 503));
    assert_eq!(file.next[0].outcome, Outcome::Pending);

    let same: ScriptFile = serde_json::from_value(serde_json::to_value(&file).unwrap()).unwrap();
    assert_eq!(same, file, "what the control API shows can be given back to it");
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (yaml, told) in [
        ("default: { riks: low }", "unknown field `riks`"),
        ("default: { risk: [low] }", "default.risk"),
        ("persons: { \"19\": {} }", "persons.19"),
        ("next: [{ hints: [{ hint: a, collects: 1, seconds: 1 }] }]", "write collects or seconds, not both"),
        ("next: [{ faults: [{ at: order, fault: explode }] }]", "unknown variant `explode`"),
        ("next: [{ faults: [{ at: order, fault: drop, tmies: 1 }] }]", "unknown field `tmies`"),
        ("next: [{ faults: [{ at: order, fault: error, status: 200, errorCode: a }] }]", "from 400 to 599"),
    ] {
        let error = ScriptFile::parse(yaml).unwrap_err().to_string();
        assert!(error.contains(told), "{yaml}: {error}");
    }
}

#[test]
fn a_fault_hits_some_answers_and_not_others() {
    let fault = |extra: serde_json::Value| -> Fault {
        let mut form = json!({"at": "collect", "fault": "drop"});
        form.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(form).unwrap()
    };
    let hits = |fault: &Fault| (0..5).map(|earlier| fault.hits(earlier)).collect::<Vec<_>>();
    assert_eq!(hits(&fault(json!({}))), [true; 5]);
    assert_eq!(hits(&fault(json!({"times": 2}))), [true, true, false, false, false]);
    assert_eq!(hits(&fault(json!({"skip": 1, "times": 2}))), [false, true, true, false, false]);
    assert!(fault(json!({})).takes_effect());
    assert!(!fault(json!({"when": "before"})).takes_effect());
    assert!(!fault(json!({"fault": "html403"})).takes_effect());
}

#[test]
fn built_in_numbers_are_personal_numbers_with_a_right_check_digit() {
    for builtin in builtins() {
        let digits: Vec<u32> =
            builtin.personal_number.chars().map(|digit| digit.to_digit(10).unwrap()).collect();
        assert_eq!(digits.len(), 12);
        // Luhn, over the ten digits without the century.
        let sum: u32 =
            digits[2..].iter().zip([2, 1].into_iter().cycle()).map(|(d, f)| d * f / 10 + d * f % 10).sum();
        assert_eq!(sum % 10, 0, "{}", builtin.personal_number);
        let said = !builtin.script.faults.is_empty()
            || builtin.script != Script::default()
            || builtin.about == "completes, risk low";
        assert!(said, "{}: {} does nothing", builtin.personal_number, builtin.about);
    }
}
