//! Form bodies (`application/x-www-form-urlencoded`) as security software reads them: strictly, once, and without touching what
//! nobody asked to change.

use std::borrow::Cow;

use crate::protocol::Malformed;

/// The most parameters that are read. A token request has about ten.
const MOST: usize = 128;

/// Why a form does not read. Says the kind and the position, and repeats nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormError {
    /// A byte that a form never has: a writer escapes it, and readers differ on what it means.
    #[error("byte {0} must be percent-encoded in a form")]
    Byte(usize),
    /// A percent sign without two hexadecimal digits behind it.
    #[error("an incomplete percent-encoding at byte {0}")]
    Escape(usize),
    /// A name or a value that is not UTF-8.
    #[error("parameter {0} is not UTF-8")]
    Encoding(usize),
    /// One name stands twice (RFC 6749 section 3.2 forbids it).
    #[error("parameter {0} stands twice; send each parameter once")]
    Duplicate(usize),
    /// More parameters than are read.
    #[error("more than {MOST} parameters")]
    TooMany,
}

impl From<FormError> for Malformed {
    fn from(error: FormError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// A form: its parameters in order, each as the text that was sent.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    parameters: Vec<Parameter<'a>>,
}

struct Parameter<'a> {
    /// Name and value as they were sent.
    text: &'a str,
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl<'a> Form<'a> {
    /// Reads a whole body, and refuses what two readers could understand differently.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, FormError> {
        let text = checked(body)?;
        let mut parameters: Vec<Parameter<'a>> = Vec::new();
        for piece in text.split('&').filter(|piece| !piece.is_empty()) {
            let number = parameters.len() + 1;
            if number > MOST {
                return Err(FormError::TooMany);
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let decoded = |part| decoded(part).ok_or(FormError::Encoding(number));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if parameters.iter().any(|earlier| earlier.name == name) {
                return Err(FormError::Duplicate(number));
            }
            parameters.push(Parameter { text: piece, name, value });
        }
        Ok(Self { parameters })
    }

    /// The value of `name`, decoded.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &*parameter.value)
    }

    /// The form with `name` set to `value`: in its place, or at the end. Every other parameter leaves as it came.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let mut written = form_urlencoded::Serializer::new(String::new());
        let set = written.append_pair(name, value).finish();
        let mut placed = false;
        let mut pieces: Vec<&str> = Vec::with_capacity(self.parameters.len() + 1);
        for parameter in &self.parameters {
            let this = parameter.name == name;
            placed |= this;
            pieces.push(if this { &set } else { parameter.text });
        }
        if !placed {
            pieces.push(&set);
        }
        pieces.join("&")
    }
}

/// The names only: values are credentials.
impl std::fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The body as text, if every byte of it is one that a form may have. `;` is none: some readers take it for `&`.
fn checked(body: &[u8]) -> Result<&str, FormError> {
    for (position, byte) in body.iter().enumerate() {
        match byte {
            b'%' => {
                let escape = body.get(position + 1..position + 3).unwrap_or_default();
                if escape.len() != 2 || !escape.iter().all(u8::is_ascii_hexdigit) {
                    return Err(FormError::Escape(position));
                }
            }
            b';' => return Err(FormError::Byte(position)),
            0x21..=0x7e => {}
            _ => return Err(FormError::Byte(position)),
        }
    }
    std::str::from_utf8(body).map_err(|error| FormError::Byte(error.valid_up_to()))
}

/// A name or value without its escapes; none when that is not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_read_and_leave_as_they_came() {
        let body = b"grant_type=authorization_code&code=a%2Fb+c&empty=&state";
        let form = Form::read(body).unwrap();
        assert_eq!(form.get("code"), Some("a/b c"));
        assert_eq!((form.get("empty"), form.get("state"), form.get("absent")), (Some(""), Some(""), None));
        let changed = form.with("acr_values", "urn:bankid:bid");
        assert_eq!(changed.as_bytes(), [&body[..], b"&acr_values=urn%3Abankid%3Abid"].concat());
        let replaced = form.with("code", "x");
        assert_eq!(replaced, "grant_type=authorization_code&code=x&empty=&state");
    }

    #[test]
    fn what_readers_understand_differently_is_refused() {
        let cases: [(&[u8], FormError); 9] = [
            (b"grant_type=a&grant%5ftype=b", FormError::Duplicate(2)),
            (b"a=1&b=2&a=", FormError::Duplicate(3)),
            (b"a=1;b=2", FormError::Byte(3)),
            (b"a=%", FormError::Escape(2)),
            (b"a=%2", FormError::Escape(2)),
            (b"a=%zz", FormError::Escape(2)),
            (b"a=%ff", FormError::Encoding(1)),
            (b"a=b c", FormError::Byte(3)),
            (b"a=\xc3\xa5", FormError::Byte(2)),
        ];
        for (body, error) in cases {
            assert_eq!(Form::read(body).unwrap_err(), error, "{}", String::from_utf8_lossy(body));
        }
        let many = vec!["a=1"; MOST + 1];
        let many: Vec<String> = many.iter().enumerate().map(|(i, _)| format!("p{i}=1")).collect();
        assert_eq!(Form::read(many.join("&").as_bytes()).unwrap_err(), FormError::TooMany);
    }
}
