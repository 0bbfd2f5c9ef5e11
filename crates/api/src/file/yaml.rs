//! From YAML to values with their places.

use std::collections::HashMap;

use super::node::{Content, Entry, Mistake, Node, Position, child};
use super::scalar;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

/// How deep values may nest: deeper than any policy, shallow enough for any stack.
const MAX_DEPTH: usize = 64;
/// How many values a file may hold once its aliases are expanded.
const MAX_NODES: usize = 100_000;

/// One document of a file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    /// Mistakes that leave the rest of the document readable.
    pub(super) mistakes: Vec<Mistake>,
}

/// The documents of a file up to the first mistake that hides the rest, and that mistake.
pub(super) fn documents(text: &str) -> (Vec<Document>, Option<Mistake>) {
    let mut composer = Composer {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
        mistakes: Vec::new(),
    };
    let mut documents = Vec::new();
    let end = loop {
        match composer.document() {
            Ok(Some(document)) => documents.push(document),
            Ok(None) => break None,
            Err(mistake) => break Some(mistake),
        }
    };
    (documents, end)
}

struct Composer<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    mistakes: Vec<Mistake>,
}

impl<'a> Composer<'a> {
    fn document(&mut self) -> Result<Option<Document>, Mistake> {
        loop {
            match self.event()? {
                (Event::DocumentStart(_), _) => {
                    self.anchors.clear();
                    let root = self.next("", 0)?;
                    return Ok(Some(Document { root, mistakes: std::mem::take(&mut self.mistakes) }));
                }
                (Event::StreamEnd, _) => return Ok(None),
                _ => {}
            }
        }
    }

    fn event(&mut self) -> Result<(Event<'a>, Position), Mistake> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, position(span))),
            Some(Err(error)) => {
                let mark = error.marker();
                let at = Position { line: mark.line(), column: mark.col() + 1 };
                let message = format!("this is no YAML: {}; the rest of the file was not read", error.info());
                Err(Mistake { at, path: String::new(), message })
            }
            None => Ok((Event::StreamEnd, Position { line: 1, column: 1 })),
        }
    }

    fn next(&mut self, path: &str, depth: usize) -> Result<Node, Mistake> {
        let (event, at) = self.event()?;
        self.node(event, at, path, depth)
    }

    fn node(&mut self, event: Event<'a>, at: Position, path: &str, depth: usize) -> Result<Node, Mistake> {
        let stop = |message: &str| Mistake { at, path: path.to_owned(), message: message.to_owned() };
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(stop("values are nested too deeply; the rest of the file was not read"));
        }
        if self.nodes > MAX_NODES {
            return Err(stop("the file holds too much; write fewer policies into it, and fewer aliases"));
        }
        let (anchor, content) = match event {
            Event::Alias(id) => {
                let known = self.anchors.get(&id).cloned();
                let node =
                    known.ok_or_else(|| stop("this alias is part of what it stands for; write it out"))?;
                self.nodes += node.size();
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar_of(text.into_owned(), style, tag.as_deref()))
            }
            Event::SequenceStart(anchor, _) => (anchor, self.list(path, depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.map(path, depth)?),
            _ => return Err(stop("a value is missing here; the rest of the file was not read")),
        };
        let node = Node { at, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<Content, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => return Ok(Content::List(items)),
                (event, at) => {
                    items.push(self.node(event, at, &format!("{path}[{}]", items.len()), depth + 1)?);
                }
            }
        }
    }

    fn map(&mut self, path: &str, depth: usize) -> Result<Content, Mistake> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, at) = self.event()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
            let Content::Scalar { text: key, .. } = self.node(event, at, path, depth + 1)?.content else {
                let message = "a field's name must be text; the rest of the file was not read".to_owned();
                return Err(Mistake { at, path: path.to_owned(), message });
            };
            let path = child(path, &key);
            let value = self.next(&path, depth + 1)?;
            if key == "<<" && plain {
                merged.push(value);
            } else if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("{key} stands in line {} already; write it once", first.at.line);
                self.mistakes.push(Mistake { at, path, message });
            } else {
                entries.push(Entry { key, at, value });
            }
        }
        for node in merged {
            merge(&mut entries, node);
        }
        Ok(Content::Map(entries))
    }
}

/// Adds what a merge key (`<<`) brings: what stands in the map itself wins.
fn merge(entries: &mut Vec<Entry>, node: Node) {
    match node.content {
        Content::Map(brought) => {
            for entry in brought {
                if entries.iter().all(|own| own.key != entry.key) {
                    entries.push(entry);
                }
            }
        }
        Content::List(nodes) => nodes.into_iter().for_each(|node| merge(entries, node)),
        Content::Scalar { .. } => {}
    }
}

fn scalar_of(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Content {
    let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    let value =
        if style == ScalarStyle::Plain && !as_text { scalar::plain(&text) } else { text.clone().into() };
    Content::Scalar { text, value }
}

fn position(span: Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}
