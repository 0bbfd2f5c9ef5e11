//! From a field's path to its place in a file.

use std::collections::HashMap;

use super::node::{Content, Mistake, Node, Position};

/// The places of a document's fields, and which items of its lists were read.
pub(super) struct Places<'a> {
    root: &'a Node,
    /// By the path of a list: the indexes, in the file, of the items that were read.
    kept: HashMap<String, Vec<usize>>,
    /// Whether provider entries were left out: then a flow may name one of those.
    providers_left_out: bool,
    /// Whether source entries were left out: then a flow may name one of those.
    sources_left_out: bool,
}

impl<'a> Places<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        Self { root, kept: HashMap::new(), providers_left_out: false, sources_left_out: false }
    }

    /// Remembers which items of the list at `path`, of `count`, were read.
    pub(super) fn kept(&mut self, path: &str, count: usize, indexes: Vec<usize>) {
        self.providers_left_out |= path == "spec.providers" && indexes.len() < count;
        self.sources_left_out |= path == "spec.sources" && indexes.len() < count;
        self.kept.insert(path.to_owned(), indexes);
    }

    /// The path in the file of what is found at `path` in the policy as it was read; none when it is only found since
    /// something else was left out.
    pub(super) fn original(&self, path: &str) -> Option<String> {
        let of_flow = path.strip_prefix("spec.flows[").unwrap_or_default();
        let named_provider = path == "spec.providers" || of_flow.ends_with("].provider");
        let named_source = of_flow.contains("].sources[") && of_flow.ends_with("].name");
        if self.providers_left_out && named_provider || self.sources_left_out && named_source {
            return None;
        }
        for (list, indexes) in &self.kept {
            if let Some((index, rest)) =
                path.strip_prefix(list.as_str()).and_then(|rest| rest.strip_prefix('[')?.split_once(']'))
            {
                let index = indexes.get(index.parse::<usize>().ok()?)?;
                return Some(format!("{list}[{index}]{rest}"));
            }
        }
        Some(path.to_owned())
    }

    /// What is to be said about a field, at its place.
    pub(super) fn mistake(&self, path: &str, message: String) -> Mistake {
        Mistake { at: self.position(path), path: path.to_owned(), message }
    }

    /// The place of a field: of its value where that is a scalar, else of its name; of the nearest object around it
    /// where it does not stand in the file.
    fn position(&self, path: &str) -> Position {
        let mut node = self.root;
        let mut at = node.at;
        for segment in path.split(['.', '[']) {
            let next = match segment.strip_suffix(']') {
                Some(index) => match (&node.content, index.parse::<usize>()) {
                    (Content::List(items), Ok(index)) => items.get(index).map(|item| (item.at, item)),
                    _ => None,
                },
                None => node.get(segment).map(|entry| {
                    let scalar = matches!(entry.value.content, Content::Scalar { .. });
                    (if scalar { entry.value.at } else { entry.at }, &entry.value)
                }),
            };
            let Some(found) = next else { break };
            (at, node) = found;
        }
        at
    }
}
