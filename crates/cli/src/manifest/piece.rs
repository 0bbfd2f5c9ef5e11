//! The part of a text that holds one value, changed by itself: a long list of objects is not read anew for each of them.

use std::ops::Range;

use json_patch::{Patch, PatchOperation};
use riskgate_api::file::{Content, Node, Style, documents};

use super::{edit, lines, tokens};

/// The value at a place, unless it is written elsewhere.
pub(super) fn locate<'a>(root: &'a Node, tokens: &[String]) -> Option<&'a Node> {
    let mut node = root;
    for token in tokens {
        node = match &node.content {
            Content::Map(_) => &node.get(token)?.value,
            Content::List(items) => items.get(token.parse::<usize>().ok()?)?,
            Content::Scalar { .. } => return None,
        };
        if node.style == Style::Borrowed {
            return None;
        }
    }
    Some(node)
}

/// The piece of text that the value in `range` is written in, and what it is with operations applied.
pub(super) fn patched(
    text: &str,
    range: Range<usize>,
    node: &Node,
    operations: &Patch,
) -> Option<(Range<usize>, String)> {
    // A map that begins behind a dash is indented by what stands before it, which blanks can stand for.
    let (from, to, margin) = match node.style {
        Style::Flow => (range.start, range.end, 0),
        Style::Block => (range.start, lines::end_of(text, &range), node.at.column.checked_sub(1)?),
        Style::Borrowed => return None,
    };
    let mut piece = format!("{}{}", " ".repeat(margin), &text[from..to]);
    for operation in &operations.0 {
        if matches!(operation, PatchOperation::Test(_)) {
            continue;
        }
        let (documents, end) = documents(&piece);
        let [document] = &documents[..] else { return None };
        if end.is_some() {
            return None;
        }
        let mut path = tokens(operation.path());
        let last = path.pop()?;
        let parent = locate(&document.root, &path)?;
        let parent = edit::Parent { text: &piece, node: parent };
        piece = match operation {
            PatchOperation::Add(add) => parent.add(&last, &add.value)?,
            PatchOperation::Replace(replace) => parent.replace(&last, &replace.value)?,
            PatchOperation::Remove(_) => parent.remove(&last)?,
            _ => return None,
        };
    }
    Some((from..to, piece.get(margin..)?.to_owned()))
}
