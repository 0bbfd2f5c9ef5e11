//! Golden pairs: every `golden/PROVIDER/KIND/NAME.in.json` gives exactly its `NAME.out.json`.
//!
//! An input names the section of the reference that says so, what it shows, and one call with its arguments. After a wanted
//! change `UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test TEST` writes the outputs anew; the difference is then to be read
//! like any other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The pairs of one provider.
pub(crate) struct Pairs {
    /// The folder below `golden`.
    pub(crate) provider: &'static str,
    /// The folders in it, in order.
    pub(crate) kinds: &'static [&'static str],
    /// The test that reads them.
    pub(crate) test: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<C> {
    reference: String,
    what: String,
    call: C,
}

impl Pairs {
    /// The files of every kind whose names end so, without that end, in order.
    pub(crate) fn cases(&self, end: &str) -> BTreeSet<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(self.provider);
        let found: BTreeSet<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|kind| kind.unwrap().path()).collect();
        assert!(found.iter().eq(&self.kinds.iter().map(|kind| folder.join(kind)).collect::<Vec<_>>()));
        found
            .iter()
            .flat_map(|kind| fs::read_dir(kind).unwrap())
            .filter_map(|entry| entry.unwrap().path().to_str()?.strip_suffix(end).map(PathBuf::from))
            .collect()
    }

    /// Every call gives what is written; with `UPDATE_GOLDEN` what it gives is written.
    pub(crate) fn give<C: DeserializeOwned>(&self, outcome: impl Fn(&C) -> Value) {
        let update = std::env::var_os("UPDATE_GOLDEN").is_some();
        let mut wrong = Vec::new();
        for case in self.cases(".in.json") {
            let path = case.with_extension("out.json");
            let call = read::<C>(&case).call;
            let actual = format!("{}\n", serde_json::to_string_pretty(&outcome(&call)).unwrap());
            if update {
                fs::write(&path, actual).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != actual {
                wrong.push(format!("{}:\n{actual}", path.display()));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} other than written; if the change is wanted: UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test {}\n{}",
            wrong.len(),
            self.test,
            wrong.join("\n")
        );
    }

    /// No output is left of an input that is gone.
    pub(crate) fn are_whole(&self) {
        let orphans: Vec<_> = self.cases(".out.json").difference(&self.cases(".in.json")).cloned().collect();
        assert!(orphans.is_empty(), "outputs without input: {orphans:?}");
    }

    /// Every input says in a sentence what it shows, and names a section that says so.
    pub(crate) fn say_what_they_show<C: DeserializeOwned>(&self, is_section: impl Fn(&str) -> bool) {
        for case in self.cases(".in.json") {
            let Case { reference, what, .. } = read::<C>(&case);
            assert!(is_section(&reference), "{}: {reference:?} names no section", case.display());
            assert!(what.contains(' ') && what.ends_with('.'), "{}: {what:?} is no sentence", case.display());
        }
    }
}

fn read<C: DeserializeOwned>(case: &Path) -> Case<C> {
    let path = case.with_extension("in.json");
    let case = serde_json::from_str(&fs::read_to_string(&path).unwrap());
    case.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
