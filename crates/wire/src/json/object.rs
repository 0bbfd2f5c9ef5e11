//! One JSON object, split into its members.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::JsonError;
use super::strict::Strict;

/// One JSON object: its members in order, each as the text that was sent.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    members: Vec<(&'a RawValue, &'a RawValue)>,
}

/// What a member holds, as far as anybody here needs to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// No such member.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An object, as its text.
    Object(&'a str),
    /// A number or an array.
    Other,
}

impl<'a> Object<'a> {
    /// Reads a whole body, and refuses what is not exactly one object that every reader understands alike.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, JsonError> {
        if body.starts_with(b"\xef\xbb\xbf") {
            return Err(JsonError::ByteOrderMark);
        }
        let text = std::str::from_utf8(body).map_err(|error| JsonError::Encoding(error.valid_up_to()))?;
        serde_json::from_str::<Strict>(text)?;
        if !text.trim_start().starts_with('{') {
            return Err(JsonError::NotAnObject);
        }
        Self::split(text)
    }

    /// Splits the text of an object that was validated as a part of its body.
    pub(crate) fn split(text: &'a str) -> Result<Self, JsonError> {
        Ok(serde_json::from_str(text)?)
    }

    /// What the member `name` holds.
    pub(crate) fn get(&self, name: &str) -> Value<'a> {
        let member = self.members.iter().find(|(key, _)| is_named(key, name));
        member.map_or(Value::Absent, |(_, value)| Value::of(value.get()))
    }

    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The members in order: the name and the value, both as the text that was sent.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a RawValue, &'a RawValue)> {
        self.members.iter().copied()
    }
}

impl<'a> Value<'a> {
    fn of(text: &'a str) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => Self::Text(unquoted(text)),
            Some(b'{') => Self::Object(text),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Other,
        }
    }

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

    /// The object, split into its members, if it is one.
    pub(crate) fn object(&self) -> Result<Option<Object<'a>>, JsonError> {
        match self {
            Self::Object(text) => Object::split(text).map(Some),
            _ => Ok(None),
        }
    }
}

/// Whether `key`, a JSON string, says `name`.
pub(super) fn is_named(key: &RawValue, name: &str) -> bool {
    unquoted(key.get()) == name
}

/// The value of a JSON string that was validated. Only strings with escapes are copied.
fn unquoted(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        _ => Cow::Owned(serde_json::from_str(text).unwrap_or_default()),
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Splitter)
    }
}

struct Splitter;

impl<'de> Visitor<'de> for Splitter {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(member) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push(member);
        }
        Ok(Object { members })
    }
}
