//! The commands of a page that people follow, as they stand there, and what it promises of each.
//!
//! A fenced block `sh` holds commands, one a line or continued by a backslash. A block `text` right after it is what the last of
//! them prints, where `…` stands for anything that differs from one cluster to the other.

use anyhow::{Result, bail, ensure};

/// A command of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// As a shell reads it.
    pub text: String,
    /// The lines that it promises, in their order.
    pub promised: Vec<String>,
}

/// The commands of one section of a Markdown page.
///
/// # Errors
/// When there is no such section, or a block in it is neither `sh` nor `text`.
pub fn commands(page: &str, section: &str) -> Result<Vec<Command>> {
    let mut lines = page.lines().skip_while(|line| *line != section);
    ensure!(lines.next().is_some(), "no section {section}");
    let mut found: Vec<Command> = Vec::new();
    while let Some(line) = lines.next().filter(|line| !line.starts_with("## ")) {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block = lines.by_ref().take_while(|line| *line != "```");
        match (kind, found.last_mut()) {
            ("sh", _) => found.extend(shell(block)),
            ("text", Some(last)) => last.promised.extend(block.map(str::to_owned)),
            _ => bail!("a block of {kind:?} says neither what to run nor what a command printed"),
        }
    }
    Ok(found)
}

fn shell<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Command> {
    let mut found = Vec::new();
    let mut text = String::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        text.push_str(line);
        if line.ends_with('\\') {
            text.push('\n');
        } else {
            found.push(Command { text: std::mem::take(&mut text), promised: Vec::new() });
        }
    }
    found
}

impl Command {
    /// That it printed what the page promises: every line, in this order, whatever the width of columns.
    ///
    /// # Errors
    /// When a line is missing.
    pub fn kept_its_promise(&self, printed: &str) -> Result<()> {
        let mut lines = printed.lines();
        for promised in self.promised.iter().filter(|line| !line.trim().is_empty()) {
            let found = lines.by_ref().any(|line| fits(promised, line));
            ensure!(found, "{}\ndoes not print\n{promised}\nbut\n{printed}", self.text);
        }
        Ok(())
    }
}

/// Whether a line is as promised, word by word; `…` stands for any part of a word, and alone for any words.
fn fits(promised: &str, line: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (promised, line) = (words(promised), words(line));
    let mut parts = promised.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\n```sh\nnot this\n```\n\n## Start\n\nText.\n\n```sh\none \\\n  two\n\nthree\n```\n\nThen:\n\n\
        ```text\nNAME   AGE\nweb-…  …\n```\n\n## Other\n\n```sh\nnor this\n```\n";

    #[test]
    fn the_commands_of_a_section_are_found_with_what_they_promise() {
        let found = commands(PAGE, "## Start").unwrap();
        let texts: Vec<_> = found.iter().map(|command| command.text.as_str()).collect();
        assert_eq!(texts, ["one \\\n  two", "three"]);
        assert_eq!(found[0].promised, [""; 0]);
        assert_eq!(found[1].promised, ["NAME   AGE", "web-…  …"]);
        assert!(commands(PAGE, "## Nothing").is_err());
        assert!(commands("## Start\n```yaml\na: b\n```\n", "## Start").is_err());
    }

    #[test]
    fn a_promise_that_is_not_kept_is_told() {
        let three = &commands(PAGE, "## Start").unwrap()[1];
        three.kept_its_promise("warning\nNAME      AGE\nweb-1     5 s\n").unwrap();
        for printed in
            ["NAME AGE\n", "NAME AGE\napi-1 5s\n", "web-1 5s\nNAME AGE\n", "NAME AGE MORE\nweb-1 5s\n"]
        {
            assert!(three.kept_its_promise(printed).is_err(), "{printed}");
        }
        assert!(fits("a … c", "a b c") && !fits("a … c", "a b c d") && !fits("a … c", "a b"));
    }
}
