//! Lines of a text, by bytes.

use std::ops::Range;

use riskgate_api::file::Node;

/// Where the line begins that `at` is in.
pub(super) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the line ends that `at` is in, its line feed included.
pub(super) fn end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |to| at + to + 1)
}

/// Where the last line of a value ends.
pub(super) fn end_of(text: &str, range: &Range<usize>) -> usize {
    end(text, range.end)
}

/// The indentation of what begins at `at`, where nothing stands before it on its line.
pub(super) fn indent(text: &str, at: usize) -> Option<&str> {
    let before = &text[start(text, at)..at];
    before.bytes().all(|byte| byte == b' ').then_some(before)
}

/// The lines of a document's value: from where it begins, or from its line, to the end of its last line, with the blank lines
/// behind it, which a block scalar may count as its own.
pub(super) fn whole(text: &str, root: &Node) -> Range<usize> {
    let from = if indent(text, root.range.start).is_some() {
        start(text, root.range.start)
    } else {
        root.range.start
    };
    let end = end_of(text, &root.range);
    let blank = text[end..].split_inclusive('\n').take_while(|line| line.trim().is_empty());
    from..end + blank.map(str::len).sum::<usize>()
}

/// The text with whole lines put in at `at`, the beginning of a line or the end of the text.
pub(super) fn put(text: &str, at: usize, lines: &str) -> String {
    let lines = if text.contains("\r\n") { lines.replace('\n', "\r\n") } else { lines.to_owned() };
    let (before, after) = text.split_at(at);
    if before.is_empty() || before.ends_with('\n') {
        return format!("{before}{lines}{after}");
    }
    let feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
    format!("{before}{feed}{}{after}", lines.trim_end_matches(['\r', '\n']))
}

/// The text without whole lines. At an end without line feed, it is the one before that goes.
pub(super) fn cut(text: &str, lines: &Range<usize>) -> String {
    let (mut before, after) = (&text[..lines.start], &text[lines.end..]);
    if after.is_empty() && !text.ends_with('\n') {
        before = before.strip_suffix('\n').unwrap_or(before);
        before = before.strip_suffix('\r').unwrap_or(before);
    }
    format!("{before}{after}")
}

/// Where comments begin that stand right above a line: they belong to it.
pub(super) fn with_comments(text: &str, mut at: usize) -> usize {
    while at > 0 {
        let above = start(text, at - 1);
        if !text[above..at].trim_start().starts_with('#') {
            break;
        }
        at = above;
    }
    at
}
