//! Where values stand in a text, by bytes.

use std::ops::Range;

use saphyr_parser::{Marker, ScalarStyle, Span};

/// From places in characters, as the parser counts, to places in bytes.
pub(super) struct Offsets<'a> {
    text: &'a str,
    /// Empty where they are the same.
    bytes: Vec<usize>,
}

impl<'a> Offsets<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let bytes =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(byte, _)| byte).collect() };
        Self { text, bytes }
    }

    /// The bytes of a span, without the blanks that the parser counts to what is before them.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = (self.byte(span.start), self.byte(span.end));
        let content = self.text.get(start..end).unwrap_or_default().trim_end();
        start..start + content.len()
    }

    /// The bytes of a scalar: to its closing quote, where the parser counts a comment behind it, too. A block scalar of blank lines
    /// has none, and is where its indicator ends.
    pub(super) fn scalar(&self, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
        let quote = match style {
            ScalarStyle::SingleQuoted => '\'',
            ScalarStyle::DoubleQuoted => '"',
            ScalarStyle::Literal | ScalarStyle::Folded if range.is_empty() => {
                let end = self.text[..range.start].trim_end().len();
                return end..end;
            }
            _ => return range,
        };
        let text = &self.text[range.clone()];
        let mut inside = text.char_indices().skip_while(|(_, it)| *it != quote).skip(1).peekable();
        while let Some((at, it)) = inside.next() {
            let escaped = it == '\\' && quote == '"'
                || it == quote && quote == '\'' && inside.peek().is_some_and(|(_, next)| *next == quote);
            if escaped {
                inside.next();
            } else if it == quote {
                return range.start..range.start + at + 1;
            }
        }
        range
    }

    fn byte(&self, mark: Marker) -> usize {
        let end = self.text.len();
        if self.bytes.is_empty() {
            mark.index().min(end)
        } else {
            self.bytes.get(mark.index()).copied().unwrap_or(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::file::{Content, Node, Style, documents};

    /// The pieces of a text that its values are written in.
    fn pieces(text: &str) -> Vec<String> {
        fn collect(text: &str, node: &Node, pieces: &mut Vec<String>) {
            let style = match node.style {
                Style::Block => "",
                Style::Flow => "flow ",
                Style::Borrowed => "borrowed ",
            };
            pieces.push(format!("{style}{}", &text[node.range.clone()]));
            match &node.content {
                Content::Scalar { .. } => {}
                Content::List(items) => items.iter().for_each(|it| collect(text, it, pieces)),
                Content::Map(entries) => entries.iter().for_each(|it| {
                    pieces.push(text[it.range.clone()].to_owned());
                    collect(text, &it.value, pieces);
                }),
            }
        }
        let mut found = Vec::new();
        documents(text).0.iter().for_each(|it| collect(text, &it.root, &mut found));
        found
    }

    #[test]
    fn values_are_found_where_they_are_written_and_comments_are_not_theirs() {
        for (text, found) in [
            ("å: 'it''s' # it's\n", &["å: 'it''s'", "å", "'it''s'"][..]),
            ("\"k\" : \"\\\"é\" # \"c\"\n", &["\"k\" : \"\\\"é\"", "\"k\"", "\"\\\"é\""]),
            ("[ a , {b: }  ] # c\n", &["flow [ a , {b: }  ]", "a", "flow {b: }", "b", ""]),
            ("- x # c\n-  y\n\n# c\n", &["- x # c\n-  y", "x", "y"]),
            ("a: |\n  x\n\n# c\nb:\n", &["a: |\n  x\n\n# c\nb", "a", "x", "b", ""]),
            ("a: |+\n\n\n---\nb\n", &["a: |+", "a", "", "b"]),
            ("a: &x {}\nb: *x\n", &["a: &x {}\nb: *x", "a", "flow &x {}", "b", "borrowed *x"]),
        ] {
            assert_eq!(pieces(text), found, "{text}");
        }
    }
}
