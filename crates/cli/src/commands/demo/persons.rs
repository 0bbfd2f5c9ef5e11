//! Who orders in the demo: one simulated person for each risk. The application names the person, and the simulated BankID
//! answers as scripted, quicker than people do.

use riskgate_simulator::bankid_se::ScriptFile;
use riskgate_simulator::bankid_se::script::{Lasts, Script, Step};

/// A simulated person.
pub(super) struct Person {
    /// BankID's risk for each of the person's orders; `absent` when it gives none.
    pub(super) risk: &'static str,
    /// The personal number, in the form of the documentation's example (bankid-se.md section 11).
    pub(super) personal_number: &'static str,
}

/// One person for each risk, those of `riskgate-simulator --help`.
pub(super) const PERSONS: [Person; 4] = [
    Person { risk: "low", personal_number: "200001012384" },
    Person { risk: "moderate", personal_number: "200001022383" },
    Person { risk: "high", personal_number: "200001032382" },
    Person { risk: "absent", personal_number: "200001042381" },
];

/// The persons' scripts: each order is pending once, and then complete.
pub(super) fn scripts() -> ScriptFile {
    let script = |person: &Person| Script {
        hints: Some(vec![Step { hint: "userSign".into(), lasts: Lasts::Collects(1) }]),
        risk: person.risk.into(),
        ..Script::default()
    };
    let persons = PERSONS.iter().map(|person| (person.personal_number.to_owned(), script(person))).collect();
    ScriptFile { persons, ..ScriptFile::default() }
}
