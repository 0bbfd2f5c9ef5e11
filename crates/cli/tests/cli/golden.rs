//! Golden files: what a command prints, as a person has read it.

use std::fs;
use std::path::Path;

/// Compares `actual` with `golden/NAME`, or writes it where `UPDATE_GOLDEN` is set.
pub(crate) fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden").join(name);
    if is_refreshed() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; {ADVICE}", path.display());
}

/// What to do about a difference.
pub(crate) const ADVICE: &str =
    "if the change is wanted: UPDATE_GOLDEN=1 cargo test -p riskgate --test cli, and read the diff";

/// Whether golden files are to be written anew.
pub(crate) fn is_refreshed() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}
