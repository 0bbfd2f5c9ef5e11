//! A pure crate needs no dependency to do I/O: the standard library has some. Its sources must not name it.

use std::path::Path;

use anyhow::Result;

use crate::tree::Tree;

/// Paths and types of the standard library that reach out of the process.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
];

/// Every line under `folder`, tests apart, that names I/O.
pub(super) fn violations(tree: &Tree, folder: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in tree.files(folder, &["rs"])? {
        if is_test_file(&path) {
            continue;
        }
        for (number, path_of_std) in impure_lines(&tree.read(&path)?) {
            found.push(format!("{}:{number}: {path_of_std} in a pure crate", path.display()));
        }
    }
    Ok(found)
}

fn is_test_file(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// Line numbers with what they name, up to the unit tests that end a file by convention.
fn impure_lines(source: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut lines = source.lines().zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let opens_block = |next: &(&str, usize)| next.0.ends_with('{');
        if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(opens_block) {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        found.extend(IMPURE.into_iter().find(|path| line.contains(path)).map(|path| (number, path)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_searched_and_comments_and_tests_are_not() {
        let source = "// std::fs is not for us\nuse std::net::IpAddr;\n#[cfg(test)]\nmod tests;\nuse std::io::Read;\n\
                      fn f(s: TcpStream) {}\n#[cfg(test)]\nmod more {\n    use std::fs;\n}\n";
        assert_eq!(impure_lines(source), [(5, "std::io"), (6, "TcpStream")]);
    }
}
