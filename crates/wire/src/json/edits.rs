//! What to change in an object.

use super::object::Object;

/// Changes to one object. Members that are not named here leave in their place, byte for byte.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    changes: Vec<(&'static str, Option<String>)>,
}

impl Edits {
    /// Sets the member `name` to the JSON text `value`: in its place, or at the end where there was none.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.changes.push((name, Some(value)));
    }

    /// Removes the member `name`.
    pub(crate) fn remove(&mut self, name: &'static str) {
        self.changes.push((name, None));
    }

    /// Whether nothing is to change.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The text of `object` with the changes, or of a new object when there is none.
    pub(crate) fn apply(&self, object: Option<&Object<'_>>, capacity: usize) -> String {
        let mut writer = Writer { text: String::with_capacity(capacity) };
        let mut placed = vec![false; self.changes.len()];
        for (said, name, value) in object.into_iter().flat_map(Object::members) {
            match self.changes.iter().position(|(changed, _)| said == *changed) {
                None => writer.member(name, value),
                Some(index) => {
                    placed[index] = true;
                    if let Some(value) = &self.changes[index].1 {
                        writer.member(name, value);
                    }
                }
            }
        }
        for ((name, value), _) in self.changes.iter().zip(placed).filter(|(_, placed)| !placed) {
            if let Some(value) = value {
                writer.member(&super::quoted(name), value);
            }
        }
        writer.finish()
    }
}

struct Writer {
    text: String,
}

impl Writer {
    fn member(&mut self, key: &str, value: &str) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text.push_str(key);
        self.text.push(':');
        self.text.push_str(value);
    }

    fn finish(mut self) -> String {
        self.text.push_str(if self.text.is_empty() { "{}" } else { "}" });
        self.text
    }
}
