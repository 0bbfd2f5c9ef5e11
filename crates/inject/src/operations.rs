//! JSON patch operations, each guarded by a test of what it was planned on: should an object ever differ from the one that
//! was seen, nothing is patched instead of the wrong thing.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

use crate::pod::{Container, Found};
use crate::status::Restore;

/// Operations in the order in which they are applied.
#[derive(Debug, Default)]
pub(crate) struct Operations(Vec<PatchOperation>);

/// A place in the pod. Names are escaped here and nowhere else.
pub(crate) fn place<'a>(tokens: impl IntoIterator<Item = &'a str>) -> PointerBuf {
    PointerBuf::from_tokens(tokens)
}

impl Operations {
    /// Adds a member that is not there (or null), or an item of a list.
    pub(crate) fn add(&mut self, path: PointerBuf, value: Value) {
        self.0.push(PatchOperation::Add(AddOperation { path, value }));
    }

    /// Replaces what is `old`.
    pub(crate) fn replace(&mut self, path: PointerBuf, old: &Value, value: Value) {
        self.test(path.clone(), old.clone());
        self.0.push(PatchOperation::Replace(ReplaceOperation { path, value }));
    }

    /// Removes what is `old`.
    pub(crate) fn remove(&mut self, path: PointerBuf, old: &Value) {
        self.test(path.clone(), old.clone());
        self.0.push(PatchOperation::Remove(RemoveOperation { path }));
    }

    /// Puts back what stood at a place before injection made `old` there.
    pub(crate) fn put_back(&mut self, path: &[&str], old: &Value, restore: Restore) {
        let path = place(path.iter().copied());
        match restore {
            Restore::Absent => self.remove(path, old),
            Restore::Null => self.replace(path, old, Value::Null),
            Restore::Empty => {}
        }
    }

    /// Replaces an item that is told by its name.
    pub(crate) fn replace_item(&mut self, list: &[&str], index: usize, name: &str, value: Value) {
        let path = self.item(list, index, name);
        self.0.push(PatchOperation::Replace(ReplaceOperation { path, value }));
    }

    /// Removes an item that is told by its name.
    pub(crate) fn remove_item(&mut self, list: &[&str], index: usize, name: &str) {
        let path = self.item(list, index, name);
        self.0.push(PatchOperation::Remove(RemoveOperation { path }));
    }

    /// Adds an item in front of a list of the pod's specification, which is made where it is missing.
    /// `first` is what stands in front until then, where there is a list.
    pub(crate) fn add_first(&mut self, field: &str, first: Found<Option<&Value>>, value: Value) {
        match first {
            Found::There(first) => {
                if let Some(name) = first.and_then(|first| first.get("name")) {
                    self.test(place(["spec", field, "0", "name"]), name.clone());
                }
                self.add(place(["spec", field, "0"]), value);
            }
            Found::Absent | Found::Null => self.add(place(["spec", field]), Value::Array(vec![value])),
        }
    }

    /// Adds items to the end of a list of the pod's specification, which is made where it is missing.
    pub(crate) fn add_last(&mut self, field: &str, list: Found<&Vec<Value>>, values: Vec<Value>) {
        match list {
            Found::There(_) => {
                values.into_iter().for_each(|value| self.add(place(["spec", field, "-"]), value));
            }
            Found::Absent | Found::Null => self.add(place(["spec", field]), Value::Array(values)),
        }
    }

    /// Makes sure of a container before something in it is changed.
    pub(crate) fn expect(&mut self, container: &Container<'_>) {
        let path = place(["spec", container.section.field(), &container.index.to_string(), "name"]);
        self.test(path, Value::from(container.name));
    }

    fn item(&mut self, list: &[&str], index: usize, name: &str) -> PointerBuf {
        let index = index.to_string();
        let path = place(list.iter().copied().chain([index.as_str()]));
        let named = place(list.iter().copied().chain([index.as_str(), "name"]));
        self.test(named, Value::from(name));
        path
    }

    fn test(&mut self, path: PointerBuf, value: Value) {
        self.0.push(PatchOperation::Test(TestOperation { path, value }));
    }

    /// Whether nothing is to be done.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does other operations after these.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// The patch as the API server takes it.
    pub(crate) fn into_patch(self) -> Patch {
        Patch(self.0)
    }
}
