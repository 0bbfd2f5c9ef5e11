//! One change of a text: a member or an item added, replaced or removed. `None` where that takes more than putting lines in
//! or taking them out; the caller then writes the document anew, and reads back what comes of either.

use std::ops::Range;

use riskgate_api::file::{Content, Entry, Node, Style};
use serde_json::{Map, Value, json};

use super::{lines, render};

/// What is changed in.
pub(super) struct Parent<'a> {
    pub(super) text: &'a str,
    pub(super) node: &'a Node,
}

impl Parent<'_> {
    pub(super) fn add(&self, token: &str, value: &Value) -> Option<String> {
        match (&self.node.content, self.node.style) {
            (Content::Map(_), _) if self.node.get(token).is_some() => self.replace(token, value),
            (Content::Map(entries), Style::Flow) => {
                let text = |unit: Option<(&str, &str)>| format!("{}: {}", json!(token), flow(value, unit));
                let ends = entries.iter().map(|it| it.value.range.clone()).collect::<Vec<_>>();
                let starts = entries.iter().map(|it| it.range.start).collect::<Vec<_>>();
                self.add_flow(&starts, &ends, entries.len(), text)
            }
            (Content::Map(entries), Style::Block) => {
                let margin = entries.first()?.at.column.checked_sub(1)?;
                let at = lines::end_of(self.text, &self.node.range);
                Some(lines::put(self.text, at, &member(token, value, margin)?))
            }
            (Content::List(items), style) => {
                let index = if token == "-" { items.len() } else { token.parse().ok()? };
                if style == Style::Flow {
                    let ranges = items.iter().map(|it| it.range.clone()).collect::<Vec<_>>();
                    let starts = ranges.iter().map(|it| it.start).collect::<Vec<_>>();
                    return self.add_flow(&starts, &ranges, index, |unit| flow(value, unit));
                }
                self.add_item(items, index, value)
            }
            _ => None,
        }
    }

    pub(super) fn replace(&self, token: &str, value: &Value) -> Option<String> {
        let node = match &self.node.content {
            Content::Map(_) => &self.node.get(token)?.value,
            Content::List(items) => items.get(token.parse::<usize>().ok()?)?,
            Content::Scalar { .. } => return None,
        };
        let in_place = |text: &str| {
            let Range { start, end } = node.range;
            Some(format!("{}{text}{}", &self.text[..start], &self.text[end..]))
        };
        let scalar = !value.is_object() && !value.is_array();
        match (self.node.style, &self.node.content, &node.content) {
            (Style::Flow, ..) if !node.range.is_empty() => in_place(&flow(value, None)),
            (_, Content::Map(_), _) if value.is_null() => self.hollow(self.node.get(token)?),
            (Style::Block, _, Content::Scalar { .. }) if scalar && !node.range.is_empty() => {
                in_place(serde_yaml::to_string(value).ok()?.trim_end())
            }
            (Style::Block, Content::Map(_), _) => {
                let entry = self.node.get(token)?;
                if node.is_null() && node.range.is_empty() {
                    // What stands behind the name, a comment perhaps, stays there.
                    let at = lines::end(self.text, entry.range.end);
                    let margin = entry.at.column + 1;
                    return Some(lines::put(
                        self.text,
                        at,
                        &margined(&serde_yaml::to_string(value).ok()?, margin),
                    ));
                }
                let lines = self.lines_of(entry)?;
                let margin = entry.at.column.checked_sub(1)?;
                let without = lines::cut(self.text, &lines);
                Some(lines::put(&without, lines.start.min(without.len()), &member(token, value, margin)?))
            }
            (Style::Block, Content::List(items), _) => {
                let index: usize = token.parse().ok()?;
                let (lines, margin) = self.lines_of_item(items.get(index)?)?;
                let without = lines::cut(self.text, &lines);
                Some(lines::put(&without, lines.start.min(without.len()), &item(value, margin)?))
            }
            _ => None,
        }
    }

    pub(super) fn remove(&self, token: &str) -> Option<String> {
        match (&self.node.content, self.node.style) {
            (Content::Map(entries), Style::Flow) => {
                let index = entries.iter().position(|it| it.key == token)?;
                let places = entries.iter().map(|it| it.range.start..it.value.range.end).collect::<Vec<_>>();
                self.remove_flow(&places, index)
            }
            (Content::List(items), Style::Flow) => {
                let places = items.iter().map(|it| it.range.clone()).collect::<Vec<_>>();
                self.remove_flow(&places, token.parse().ok()?)
            }
            // The last one's lines taken out, nothing would be left, which is not the same as empty.
            (Content::Map(entries), Style::Block) if entries.len() > 1 => {
                Some(lines::cut(self.text, &self.lines_of(self.node.get(token)?)?))
            }
            (Content::List(items), Style::Block) if items.len() > 1 => {
                let (lines, _) = self.lines_of_item(items.get(token.parse::<usize>().ok()?)?)?;
                Some(lines::cut(self.text, &lines))
            }
            _ => None,
        }
    }

    /// Leaves the name, and nothing under it.
    fn hollow(&self, entry: &Entry) -> Option<String> {
        let below = lines::end(self.text, entry.range.end);
        let end = lines::end_of(self.text, &entry.value.range);
        (entry.value.range.start >= below).then(|| lines::cut(self.text, &(below..end)))
    }

    /// The lines of a member, where its name begins one.
    fn lines_of(&self, entry: &Entry) -> Option<Range<usize>> {
        lines::indent(self.text, entry.range.start)?;
        let end = entry.range.end.max(entry.value.range.end);
        Some(lines::start(self.text, entry.range.start)..lines::end_of(self.text, &(entry.range.start..end)))
    }

    /// The lines of an item, and how far its dash is indented.
    fn lines_of_item(&self, node: &Node) -> Option<(Range<usize>, usize)> {
        let start = lines::start(self.text, node.range.start);
        let dash = self.text[start..node.range.start].trim_end().strip_suffix('-')?;
        dash.bytes()
            .all(|byte| byte == b' ')
            .then(|| (start..lines::end_of(self.text, &node.range), dash.len()))
    }

    fn add_item(&self, items: &[Node], index: usize, value: &Value) -> Option<String> {
        let (first, margin) = self.lines_of_item(items.get(index).or(items.last())?)?;
        let at = if index < items.len() { lines::with_comments(self.text, first.start) } else { first.end };
        Some(lines::put(self.text, at, &item(value, margin)?))
    }

    /// Adds to a collection in brackets, on a line of its own where the others have one.
    fn add_flow(
        &self,
        starts: &[usize],
        ranges: &[Range<usize>],
        index: usize,
        write: impl Fn(Option<(&str, &str)>) -> String,
    ) -> Option<String> {
        let put = |at: usize, new: &str| Some(format!("{}{new}{}", &self.text[..at], &self.text[at..]));
        let Some(first) = starts.first() else {
            let open = self.text[self.node.range.clone()].find(['{', '['])?;
            return put(self.node.range.start + open + 1, &write(None));
        };
        let own_line = lines::indent(self.text, *first).map(|indent| {
            let outer = lines::start(self.text, self.node.range.start);
            let outer = self.text[outer..].len() - self.text[outer..].trim_start_matches(' ').len();
            (indent, &indent[outer.min(indent.len())..])
        });
        let new = write(own_line);
        let gap = own_line.map_or_else(|| " ".to_owned(), |(indent, _)| format!("\n{indent}"));
        match starts.get(index) {
            Some(next) => put(*next, &format!("{new},{gap}")),
            None => {
                let last = ranges.last().filter(|it| !it.is_empty())?;
                put(last.end, &format!(",{gap}{new}"))
            }
        }
    }

    fn remove_flow(&self, places: &[Range<usize>], index: usize) -> Option<String> {
        let place = places.get(index)?;
        let cut = match (index.checked_sub(1).and_then(|before| places.get(before)), places.get(index + 1)) {
            (Some(before), _) => before.end..place.end,
            (None, Some(next)) => place.start..next.start,
            (None, None) => place.clone(),
        };
        Some(format!("{}{}", &self.text[..cut.start], &self.text[cut.end..]))
    }
}

fn flow(value: &Value, own_line: Option<(&str, &str)>) -> String {
    match own_line {
        Some((indent, unit)) if !unit.is_empty() => render::indented(value, unit, indent),
        _ => value.to_string(),
    }
}

fn member(name: &str, value: &Value, margin: usize) -> Option<String> {
    let member: Map<String, Value> = [(name.to_owned(), value.clone())].into_iter().collect();
    Some(margined(&serde_yaml::to_string(&member).ok()?, margin))
}

fn item(value: &Value, margin: usize) -> Option<String> {
    Some(margined(&serde_yaml::to_string(&[value]).ok()?, margin))
}

fn margined(text: &str, margin: usize) -> String {
    text.lines().map(|line| format!("{:margin$}{line}\n", "")).collect()
}
