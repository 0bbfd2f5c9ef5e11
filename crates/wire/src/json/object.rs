//! One JSON object, split into its members.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use super::error::JsonError;
use super::scan::{Node, scan, siblings, unescaped};
use super::strict::explain;

/// One JSON object: its members in order, each as the text that was sent.
#[derive(Clone)]
pub(crate) struct Object<'a> {
    /// The body that the object is, or is a part of.
    body: &'a str,
    /// The members of the body.
    nodes: Rc<Vec<Node>>,
    /// Where this object's are among them.
    first: usize,
    end: usize,
}

/// What a member holds, as far as anybody here needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// No such member.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An object.
    Object(Object<'a>),
    /// A number or an array.
    Other,
}

impl<'a> Object<'a> {
    /// Reads a whole body, and refuses what is not exactly one object that every reader understands alike.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, JsonError> {
        if body.starts_with(b"\xef\xbb\xbf") {
            return Err(JsonError::ByteOrderMark);
        }
        let body = std::str::from_utf8(body).map_err(|error| JsonError::Encoding(error.valid_up_to()))?;
        let nodes = scan(body).ok_or_else(|| explain(body))?;
        Ok(Self { body, first: 0, end: nodes.len(), nodes: Rc::new(nodes) })
    }

    /// What the member `name` holds.
    pub(crate) fn get(&self, name: &str) -> Value<'a> {
        let named = |node: &Node| node.name.unescaped(self.body) == name;
        let found = self.nodes().find(|(_, node)| named(node));
        found.map_or(Value::Absent, |(index, node)| self.value(index, node))
    }

    /// The text of the member `name` as it was sent; none when it is missing.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        let named = |node: &Node| node.name.unescaped(self.body) == name;
        let found = self.nodes().find(|(_, node)| named(node)).map(|(_, node)| self.text(&node.value));
        found.filter(|text| *text != "null")
    }

    fn value(&self, index: usize, node: &Node) -> Value<'a> {
        let text = self.text(&node.value);
        match text.as_bytes().first() {
            Some(b'"') => Value::Text(unescaped(text, memchr::memchr(b'\\', text.as_bytes()).is_some())),
            Some(b'{') => {
                let nodes = Rc::clone(&self.nodes);
                Value::Object(Self { body: self.body, nodes, first: index + 1, end: node.end })
            }
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::Other,
        }
    }

    /// The members' names in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = Cow<'a, str>> {
        self.nodes().map(|(_, node)| node.name.unescaped(self.body))
    }

    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes().count()
    }

    /// The members in order: what the name says, and name and value as they were sent.
    pub(super) fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str, &'a str)> {
        self.nodes().map(|(_, node)| {
            (node.name.unescaped(self.body), self.text(&node.name.place), self.text(&node.value))
        })
    }

    fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        siblings(&self.nodes, self.first, self.end)
    }

    fn text(&self, place: &Range<usize>) -> &'a str {
        self.body.get(place.clone()).unwrap_or_default()
    }
}

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.members().eq(other.members())
    }
}

impl Eq for Object<'_> {}

/// The number of members: what they hold may be a user's own.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object of {}", self.len())
    }
}

impl<'a> Value<'a> {
    /// Whether the sender left the member out: `null` says as much as nothing.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The string, if it is one.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub(crate) fn object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}
