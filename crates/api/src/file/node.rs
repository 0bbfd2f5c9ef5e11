//! Values with their places: what parsers into plain values forget, and a reader of messages, or an editor of the text, needs.

use std::ops::Range;

use serde_json::Value;

/// A place in a file; line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// The bytes of the file that it is written in: to the closing bracket, or to the end of the last value in it.
    pub range: Range<usize>,
    /// How it is written.
    pub style: Style,
    /// What it is.
    pub content: Content,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// By indentation; scalars without structure, too.
    Block,
    /// In brackets, as in JSON.
    Flow,
    /// Elsewhere: an alias, or a merge key, stands for it.
    Borrowed,
}

/// A value.
#[derive(Debug, Clone)]
pub enum Content {
    /// Anything without structure: how it is written, and what it means.
    Scalar {
        /// As it is written, without quotes.
        text: String,
        /// What it means.
        value: Value,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A member of a map.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Where the name begins.
    pub at: Position,
    /// The bytes of the file that the name is written in.
    pub range: Range<usize>,
    /// What stands under it.
    pub value: Node,
}

/// What is to be said about a place.
#[derive(Debug)]
pub struct Mistake {
    /// Where.
    pub at: Position,
    /// The field, as far as it is known.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Node {
    /// The member of that name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The text of a scalar that means text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { value: Value::String(text), .. } => Some(text),
            _ => None,
        }
    }

    /// Whether nothing stands here.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar { value: Value::Null, .. })
    }

    /// The value without places.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::List(items) => items.iter().map(Self::value).collect(),
            Content::Map(entries) => entries.iter().map(|it| (it.key.clone(), it.value.value())).collect(),
        }
    }

    /// How many values it holds, itself counted.
    pub(super) fn size(&self) -> usize {
        1 + match &self.content {
            Content::Scalar { .. } => 0,
            Content::List(items) => items.iter().map(Node::size).sum(),
            Content::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
        }
    }
}

/// The path of a member.
pub(super) fn child(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
