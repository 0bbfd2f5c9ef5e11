//! One pass over a body: its grammar, members that stand twice, and where every member begins and ends.
//!
//! A result of BankID is mostly one signature of kilobytes. A general parser would read it once to validate it and once more for
//! every level that is looked into; here it is read once (docs/adr/0002, with the figures). What is rare is left to the
//! library: escapes and numbers are validated by `serde_json`, and so is the text of every refusal.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// How deep values may nest: the limit of `serde_json`, so that both take the same.
const DEEPEST: usize = 127;

/// How many names are compared one by one before they are hashed. BankID's objects are smaller; a hostile body of a
/// hundred thousand members must not cost their square.
const FEW: usize = 16;

/// One member of an object. The members of its own value follow it, up to `end`.
#[derive(Debug)]
pub(super) struct Node {
    /// The name as it was sent, quotes included.
    pub(super) name: Text,
    /// The value as it was sent.
    pub(super) value: Range<usize>,
    /// The index behind the last node of this member.
    pub(super) end: usize,
}

/// A string as it was sent, quotes included.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) place: Range<usize>,
    escaped: bool,
}

impl Text {
    /// What it says: `"a"` and `"\u0061"` say the same. Only strings with escapes are copied.
    pub(super) fn unescaped<'a>(&self, body: &'a str) -> Cow<'a, str> {
        unescaped(body.get(self.place.clone()).unwrap_or_default(), self.escaped)
    }
}

/// What a JSON string that was validated says.
pub(super) fn unescaped(sent: &str, escaped: bool) -> Cow<'_, str> {
    match sent.strip_prefix('"').and_then(|sent| sent.strip_suffix('"')) {
        Some(inner) if !escaped => Cow::Borrowed(inner),
        _ => Cow::Owned(serde_json::from_str(sent).unwrap_or_default()),
    }
}

/// Every member of the object that `text` is, in order. `None` when `text` is not exactly one JSON object, or when an
/// object in it has two members of one name.
pub(super) fn scan(text: &str) -> Option<Vec<Node>> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, nodes: Vec::with_capacity(16) };
    scanner.blank();
    if scanner.peek() != Some(b'{') {
        return None;
    }
    scanner.value(DEEPEST)?;
    scanner.blank();
    (scanner.at == text.len()).then_some(scanner.nodes)
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// Reads a value; `deeper` is how many levels may still open.
    fn value(&mut self, deeper: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(deeper.checked_sub(1)?),
            b'[' => self.array(deeper.checked_sub(1)?),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, deeper: usize) -> Option<()> {
        self.take(b'{')?;
        self.blank();
        let first = self.nodes.len();
        let mut names = Names::new(first);
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            let name = self.string()?;
            names.add(self.text, &self.nodes, &name)?;
            self.blank();
            self.take(b':')?;
            self.blank();
            let index = self.nodes.len();
            self.nodes.push(Node { name, value: self.at..self.at, end: index });
            self.value(deeper)?;
            let end = self.nodes.len();
            if let Some(node) = self.nodes.get_mut(index) {
                node.value.end = self.at;
                node.end = end;
            }
            self.blank();
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
            self.blank();
        }
    }

    fn array(&mut self, deeper: usize) -> Option<()> {
        self.take(b'[')?;
        self.blank();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(deeper)?;
            self.blank();
            if self.take(b',').is_none() {
                return self.take(b']');
            }
            self.blank();
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<Text> {
        let start = self.at;
        self.take(b'"')?;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let length = memchr::memchr2(b'"', b'\\', rest)?;
            // Without an early end, so that it is done sixteen bytes at a time.
            if rest.iter().take(length).fold(false, |control, byte| control | (*byte < b' ')) {
                return None;
            }
            self.at += length + 1;
            if rest.get(length) == Some(&b'"') {
                break;
            }
            escaped = true;
            self.at += 1; // what is escaped may be a quote
        }
        let place = start..self.at;
        if escaped {
            serde_json::from_str::<String>(self.text.get(place.clone())?).ok()?;
        }
        Some(Text { place, escaped })
    }

    fn number(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let number = self.text.get(self.at..self.at + length)?;
        serde_json::from_str::<serde_json::Number>(number).ok()?;
        self.at += length;
        Some(())
    }
}

/// The names of one object, while its members are read.
struct Names<'a> {
    first: usize,
    count: usize,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    /// For an object whose members are nodes from `first` on.
    fn new(first: usize) -> Self {
        Self { first, count: 0, many: HashSet::new() }
    }

    /// Adds `name`; `None` when it was there.
    fn add(&mut self, body: &'a str, nodes: &[Node], name: &Text) -> Option<()> {
        let new = name.unescaped(body);
        let mut known = siblings(nodes, self.first, nodes.len()).map(|(_, node)| node.name.unescaped(body));
        let twin = if self.count < FEW {
            known.any(|known| known == new)
        } else {
            if self.count == FEW {
                self.many.extend(known);
            }
            !self.many.insert(new)
        };
        self.count += 1;
        (!twin).then_some(())
    }
}

/// The members of one object among `nodes`, with their indices: those from `first` to `end` that do not belong to one of
/// them.
pub(super) fn siblings(nodes: &[Node], first: usize, end: usize) -> impl Iterator<Item = (usize, &Node)> {
    let at = move |index: usize| nodes.get(index).filter(|_| index < end).map(|node| (index, node));
    std::iter::successors(at(first), move |(_, node)| at(node.end))
}
