//! Hexadecimal, in lower case.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// `prefix`, and after it `bytes` as two digits each.
#[must_use]
pub fn prefixed(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::with_capacity(prefix.len() + 2 * bytes.len());
    text.push_str(prefix);
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_is_two_digits() {
        assert_eq!(super::prefixed("x:", &[0, 9, 0xa5, 0xff]), "x:0009a5ff");
        assert_eq!(super::prefixed("", &[]), "");
    }
}
