//! From YAML to values with their places.

use std::collections::HashMap;
use std::ops::Range;

use super::node::{Content, Entry, Mistake, Node, Position, Style, child};
use super::offsets::Offsets;
use super::scalar;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

/// How deep values may nest: deeper than any policy, shallow enough for any stack.
const MAX_DEPTH: usize = 64;
/// How many values the aliases of a file may stand for.
const MAX_BORROWED: usize = 100_000;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// Its value.
    pub root: Node,
    /// Mistakes that leave the rest of the document readable.
    pub mistakes: Vec<Mistake>,
}

/// The documents of a file up to the first mistake that hides the rest, and that mistake.
#[must_use]
pub fn documents(text: &str) -> (Vec<Document>, Option<Mistake>) {
    let mut composer = Composer {
        parser: Parser::new_from_str(text),
        offsets: Offsets::of(text),
        anchors: HashMap::new(),
        borrowed: 0,
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
    offsets: Offsets<'a>,
    anchors: HashMap<usize, Node>,
    borrowed: usize,
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

    fn event(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span)),
            Some(Err(error)) => {
                let message = format!("this is no YAML: {}; the rest of the file was not read", error.info());
                Err(Mistake { at: position(*error.marker()), path: String::new(), message })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn next(&mut self, path: &str, depth: usize) -> Result<Node, Mistake> {
        let (event, span) = self.event()?;
        self.node(event, span, path, depth)
    }

    fn node(&mut self, event: Event<'a>, span: Span, path: &str, depth: usize) -> Result<Node, Mistake> {
        let at = position(span.start);
        let stop = |message: &str| Mistake { at, path: path.to_owned(), message: message.to_owned() };
        if depth > MAX_DEPTH {
            return Err(stop("values are nested too deeply; the rest of the file was not read"));
        }
        let range = self.offsets.range(span);
        let (anchor, range, style, content) = match event {
            Event::Alias(id) => {
                let known = self.anchors.get(&id).cloned();
                let node =
                    known.ok_or_else(|| stop("this alias is part of what it stands for; write it out"))?;
                self.borrowed += node.size();
                if self.borrowed > MAX_BORROWED {
                    return Err(stop(
                        "the file holds too much once its aliases are written out; write fewer of them",
                    ));
                }
                return Ok(Node { range, style: Style::Borrowed, ..node });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let range = self.offsets.scalar(range, style);
                (anchor, range, Style::Block, scalar_of(text.into_owned(), style, tag.as_deref()))
            }
            Event::SequenceStart(anchor, _) => {
                let (items, end) = self.list(path, depth)?;
                let (range, style) = collection(range, &end);
                (anchor, range, style, Content::List(items))
            }
            Event::MappingStart(anchor, _) => {
                let (entries, end) = self.map(path, depth)?;
                let (range, style) = collection(range, &end);
                (anchor, range, style, Content::Map(entries))
            }
            _ => return Err(stop("a value is missing here; the rest of the file was not read")),
        };
        let node = Node { at, range, style, content };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<(Vec<Node>, End), Mistake> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, span) => {
                    let last = items.last().map(|item| item.range.end);
                    return Ok((items, End { last, mark: self.offsets.range(span) }));
                }
                (event, span) => {
                    items.push(self.node(event, span, &format!("{path}[{}]", items.len()), depth + 1)?);
                }
            }
        }
    }

    fn map(&mut self, path: &str, depth: usize) -> Result<(Vec<Entry>, End), Mistake> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        let mut last = None;
        let mark = loop {
            let (event, span) = self.event()?;
            let mut range = self.offsets.range(span);
            if let Event::Scalar(_, style, ..) = &event {
                range = self.offsets.scalar(range, *style);
            }
            if matches!(event, Event::MappingEnd) {
                break range;
            }
            let at = position(span.start);
            let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
            let Content::Scalar { text: key, .. } = self.node(event, span, path, depth + 1)?.content else {
                let message = "a field's name must be text; the rest of the file was not read".to_owned();
                return Err(Mistake { at, path: path.to_owned(), message });
            };
            let path = child(path, &key);
            let value = self.next(&path, depth + 1)?;
            last = Some(value.range.end.max(range.end));
            if key == "<<" && plain {
                merged.push(value);
            } else if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("{key} stands in line {} already; write it once", first.at.line);
                self.mistakes.push(Mistake { at, path, message });
            } else {
                entries.push(Entry { key, at, range, value });
            }
        };
        for node in merged {
            merge(&mut entries, node);
        }
        Ok((entries, End { last, mark }))
    }
}

/// How a collection ends.
struct End {
    /// Where the last value in it ends.
    last: Option<usize>,
    /// The bytes of what ends it.
    mark: Range<usize>,
}

/// The bytes of a collection, and how it is written: what ends one in brackets is its bracket, and any other ends with the last
/// value in it.
fn collection(start: Range<usize>, end: &End) -> (Range<usize>, Style) {
    if start.is_empty() {
        (start.start..end.last.unwrap_or(start.end), Style::Block)
    } else {
        (start.start..end.mark.start + 1, Style::Flow)
    }
}

/// Adds what a merge key (`<<`) brings: what stands in the map itself wins.
fn merge(entries: &mut Vec<Entry>, node: Node) {
    match node.content {
        Content::Map(brought) => {
            for mut entry in brought {
                entry.value.style = Style::Borrowed;
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

fn position(mark: Marker) -> Position {
    Position { line: mark.line(), column: mark.col() + 1 }
}
