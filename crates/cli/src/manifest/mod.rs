//! Manifests as people keep them: read with their places, changed in their own text, so that comments, order and spelling of
//! everything else stay as they are.

mod edit;
mod lines;
mod piece;
#[cfg(test)]
mod properties;
mod render;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::path::Path;

use json_patch::Patch;
use json_patch::jsonptr::Pointer;
use riskgate_api::file::{Document, Node, Position, Remark, Style, documents};
use serde::de::IgnoredAny;
use serde_json::Value;

pub(crate) use render::{as_json, as_yaml};

/// A file of manifests.
pub(crate) struct Manifests {
    /// As messages name it.
    pub(crate) file: String,
    text: String,
    /// Its documents, empty ones apart.
    pub(crate) documents: Vec<Manifest>,
}

/// One document.
pub(crate) struct Manifest {
    /// The part of the text that the places in `root` are counted from.
    part: Range<usize>,
    /// How many lines are before that part.
    lines: usize,
    pub(crate) root: Node,
    pub(crate) value: Value,
}

impl Manifest {
    /// The place of one of its nodes in the file.
    pub(crate) fn position(&self, node: &Node) -> Position {
        Position { line: node.at.line + self.lines, ..node.at }
    }
}

/// Why manifests could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("{file}: {error}")]
    Unreadable { file: String, error: io::Error },
    #[error("the manifests cannot be read\n{}", crate::policy_file::lines("error", .0))]
    Mistakes(Vec<Remark>),
}

/// What is to be changed in a document.
pub(crate) struct Change {
    /// The document, by its index among [`Manifests::documents`].
    pub(crate) document: usize,
    /// The value in it that the operations are about.
    pub(crate) pointer: json_patch::jsonptr::PointerBuf,
    pub(crate) operations: Patch,
}

/// Manifests with changes made.
pub(crate) struct Changed {
    /// The text of the whole file.
    pub(crate) text: String,
    /// The documents, in order.
    pub(crate) values: Vec<Value>,
    /// Documents that had to be written anew, and lost their comments.
    pub(crate) rewritten: Vec<usize>,
}

impl Manifests {
    /// Reads a file; `-` is standard input.
    pub(crate) fn read(path: &Path) -> Result<Self, ManifestError> {
        let standard_input = path == Path::new("-");
        let file = if standard_input { "stdin".to_owned() } else { path.display().to_string() };
        let text =
            if standard_input { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(path) };
        match text {
            Ok(text) => Self::parse(file, text),
            Err(error) => Err(ManifestError::Unreadable { file, error }),
        }
    }

    fn parse(file: String, text: String) -> Result<Self, ManifestError> {
        let (mut mistakes, mut kept) = (Vec::new(), Vec::new());
        for part in parts(&text) {
            let lines = text[..part.start].matches('\n').count();
            let (read, end) = documents(&text[part.clone()]);
            let mut of_part: Vec<_> = end.into_iter().collect();
            for Document { root, mistakes } in read {
                of_part.extend(mistakes);
                if !root.is_null() {
                    let value = root.value();
                    kept.push(Manifest { part: part.clone(), lines, root, value });
                }
            }
            of_part.iter_mut().for_each(|mistake| mistake.at.line += lines);
            mistakes.extend(of_part);
        }
        if mistakes.is_empty() {
            return Ok(Self { file, text, documents: kept });
        }
        mistakes.sort_by_key(|it| (it.at.line, it.at.column));
        let remark = |it: riskgate_api::file::Mistake| Remark {
            file: file.clone(),
            line: it.at.line,
            column: it.at.column,
            path: it.path,
            message: it.message,
        };
        Err(ManifestError::Mistakes(mistakes.into_iter().map(remark).collect()))
    }

    /// Makes changes. Whatever is hard to change in its text (an alias, a map that begins behind a dash) is written anew; that
    /// the text says what it must is read back, never believed.
    pub(crate) fn change(&self, changes: &[Change]) -> Result<Changed, json_patch::PatchError> {
        let mut values = Vec::new();
        let (mut text, mut written, mut rewritten) = (String::new(), 0, Vec::new());
        for (index, manifest) in self.documents.iter().enumerate() {
            let changes: Vec<&Change> = changes.iter().filter(|it| it.document == index).collect();
            let mut value = manifest.value.clone();
            for change in &changes {
                if let Some(target) = value.pointer_mut(change.pointer.as_str()) {
                    json_patch::patch(target, &change.operations)?;
                }
            }
            let whole = lines::whole(&self.text[manifest.part.clone()], &manifest.root);
            let range = manifest.part.start + whole.start..manifest.part.start + whole.end;
            text.push_str(&self.text[written..range.start]);
            let piece = &self.text[range.clone()];
            if value == manifest.value {
                text.push_str(piece);
            } else {
                match edited(piece, &manifest.root, whole.start, &changes).filter(|it| says(it, &value)) {
                    Some(edited) => text.push_str(&edited),
                    None => {
                        rewritten.push(index);
                        text.push_str(&anew(piece, &manifest.root, &value));
                    }
                }
            }
            written = range.end;
            values.push(value);
        }
        text.push_str(&self.text[written..]);
        if !reads_as(&text, &values) {
            // What is left between documents can matter to a block scalar that keeps its blank lines.
            text = values.iter().map(as_yaml).collect::<Vec<_>>().join("---\n");
            rewritten = (0..values.len()).collect();
        }
        Ok(Changed { text, values, rewritten })
    }
}

/// The parts of a file that are read one by one: JSON objects may follow each other without more, as `kubectl` takes them,
/// which is no YAML.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    while let Some(object) = objects.next() {
        if object.is_err() {
            break;
        }
        parts.push(parts.last().map_or(0, |before| before.end)..objects.byte_offset());
    }
    let last = parts.pop().filter(|last| text[last.end..].trim().is_empty());
    if last.is_none() {
        parts.clear();
    }
    parts.push(last.map_or(0, |last| last.start)..text.len());
    parts
}

/// The text of a document with changes made in place, where that can be done.
fn edited(text: &str, root: &Node, start: usize, changes: &[&Change]) -> Option<String> {
    let mut pieces = Vec::new();
    for change in changes {
        let node = piece::locate(root, &tokens(&change.pointer))?;
        pieces.push(piece::patched(text, shifted(node.range.clone(), start)?, node, &change.operations)?);
    }
    pieces.sort_by_key(|(range, _)| range.start);
    let (mut edited, mut written) = (String::new(), 0);
    for (range, piece) in pieces {
        edited.push_str(text.get(written..range.start)?);
        edited.push_str(&piece);
        written = range.end;
    }
    edited.push_str(text.get(written..)?);
    Some(edited)
}

fn shifted(range: Range<usize>, by: usize) -> Option<Range<usize>> {
    Some(range.start.checked_sub(by)?..range.end.checked_sub(by)?)
}

fn tokens(pointer: &Pointer) -> Vec<String> {
    pointer.tokens().map(|token| token.decoded().into_owned()).collect()
}

/// Whether a text is one document of that value.
fn says(text: &str, value: &Value) -> bool {
    reads_as(text, std::slice::from_ref(value))
}

/// Whether a text is documents of those values, empty ones apart.
fn reads_as(text: &str, values: &[Value]) -> bool {
    let read = parts(text).into_iter().map(|part| documents(&text[part]));
    let mut found = Vec::new();
    for (documents, end) in read {
        if end.is_some() || documents.iter().any(|it| !it.mistakes.is_empty()) {
            return false;
        }
        found.extend(documents.iter().map(|it| it.root.value()));
    }
    found.iter().filter(|it| !it.is_null()).eq(values.iter().filter(|it| !it.is_null()))
}

/// A document written anew, in the style that it had.
fn anew(old: &str, root: &Node, value: &Value) -> String {
    let mut text = if root.style == Style::Flow { render::pretty(value) } else { as_yaml(value) };
    if !old.ends_with('\n') {
        text.truncate(text.trim_end().len());
    }
    text
}
