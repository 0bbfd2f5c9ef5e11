//! Which script an order gets.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;

use super::script::{Fault, FaultPoint, Script, ScriptFile, builtins};

/// A script in use, with a count of the answers to orders that were made by it.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    pub(crate) script: Script,
    orders: AtomicU32,
}

impl Installed {
    pub(crate) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self { script, orders: AtomicU32::new(0) })
    }

    /// The fault of the next answer to an order.
    pub(crate) fn next_order_fault(&self) -> Option<&Fault> {
        if self.script.faults.is_empty() {
            return None;
        }
        let earlier = self.orders.fetch_add(1, Ordering::Relaxed);
        self.script.faults.iter().find(|fault| fault.at == FaultPoint::Order && fault.hits(earlier))
    }
}

/// Where a script came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ScriptSource {
    Person,
    Builtin,
    Next,
    Default,
}

/// All scripts. What was given at the start comes back with [`ScriptBook::reset`].
#[derive(Debug)]
pub(crate) struct ScriptBook {
    initial: ScriptFile,
    builtins: HashMap<&'static str, Arc<Installed>>,
    default: Arc<Installed>,
    persons: BTreeMap<String, Arc<Installed>>,
    next: VecDeque<Arc<Installed>>,
}

impl ScriptBook {
    pub(crate) fn new(initial: ScriptFile) -> Self {
        let mut book = Self {
            initial,
            builtins: HashMap::new(),
            default: Arc::default(),
            persons: BTreeMap::new(),
            next: VecDeque::new(),
        };
        book.reset();
        book
    }

    pub(crate) fn reset(&mut self) {
        self.replace(self.initial.clone());
        let installed =
            |builtin: super::script::Builtin| (builtin.personal_number, Installed::new(builtin.script));
        self.builtins = builtins().into_iter().map(installed).collect();
    }

    /// Replaces all but the built-in ones.
    pub(crate) fn replace(&mut self, file: ScriptFile) {
        self.default = Installed::new(file.default);
        self.persons =
            file.persons.into_iter().map(|(number, script)| (number, Installed::new(script))).collect();
        self.next = file.next.into_iter().map(Installed::new).collect();
    }

    /// The script of an order: the person's, else the next in the queue, else the default.
    pub(crate) fn choose(&mut self, personal_number: Option<&str>) -> (Arc<Installed>, ScriptSource) {
        if let Some(number) = personal_number {
            if let Some(script) = self.persons.get(number) {
                return (script.clone(), ScriptSource::Person);
            }
            if let Some(script) = self.builtins.get(number) {
                return (script.clone(), ScriptSource::Builtin);
            }
        }
        match self.next.pop_front() {
            Some(script) => (script, ScriptSource::Next),
            None => (self.default.clone(), ScriptSource::Default),
        }
    }

    pub(crate) fn set_default(&mut self, script: Script) {
        self.default = Installed::new(script);
    }

    pub(crate) fn set_person(&mut self, personal_number: String, script: Script) {
        self.persons.insert(personal_number, Installed::new(script));
    }

    /// Whether there was one.
    pub(crate) fn remove_person(&mut self, personal_number: &str) -> bool {
        self.persons.remove(personal_number).is_some()
    }

    pub(crate) fn queue(&mut self, scripts: impl IntoIterator<Item = Script>) {
        self.next.extend(scripts.into_iter().map(Installed::new));
    }

    pub(crate) fn clear_queue(&mut self) {
        self.next.clear();
    }

    /// What is set now, in the form of a script file; the built-in ones are not in it.
    pub(crate) fn current(&self) -> ScriptFile {
        let script = |installed: &Arc<Installed>| installed.script.clone();
        ScriptFile {
            default: script(&self.default),
            persons: self
                .persons
                .iter()
                .map(|(number, installed)| (number.clone(), script(installed)))
                .collect(),
            next: self.next.iter().map(script).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risk(value: &str) -> Script {
        Script { risk: value.into(), ..Script::default() }
    }

    #[test]
    fn a_person_wins_over_the_queue_and_the_queue_over_the_default() {
        let mut book = ScriptBook::new(ScriptFile::default());
        book.set_default(risk("default"));
        book.queue([risk("first"), risk("second")]);
        book.set_person("200001022383".to_owned(), risk("own"));
        let mut chosen = |number| {
            let (installed, source) = book.choose(number);
            (installed.script.risk.clone(), source)
        };
        assert_eq!(chosen(Some("200001022383")), ("own".into(), ScriptSource::Person));
        assert_eq!(chosen(Some("200001032382")), ("high".into(), ScriptSource::Builtin));
        assert_eq!(chosen(Some("190001010101")), ("first".into(), ScriptSource::Next));
        assert_eq!(chosen(None), ("second".into(), ScriptSource::Next));
        assert_eq!(chosen(None), ("default".into(), ScriptSource::Default));
        book.reset();
        assert_eq!(book.current(), ScriptFile::default());
    }
}
