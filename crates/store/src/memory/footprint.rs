//! What things cost in memory, as a malloc hands it out.

use http::HeaderName;
use riskgate_core::Signal;

use crate::transaction::Terminal;

/// What one allocation of `size` bytes takes: a header of 8 bytes, rounded up to 16, and never less than 32. That is what
/// glibc's malloc does on 64 bits; others come close.
pub(super) const fn allocation(size: usize) -> usize {
    match size {
        0 => 0,
        1..=24 => 32,
        _ => (size + 8).next_multiple_of(16),
    }
}

/// A shared allocation: the bytes and the two counters of an `Arc`.
pub(super) const fn shared(size: usize) -> usize {
    allocation(size + 2 * size_of::<usize>())
}

/// The buckets of a hash table with room for `capacity` items: at most 7 of 8 are filled, and each has one byte of its own.
pub(super) const fn buckets<T>(capacity: usize) -> usize {
    capacity.div_ceil(7) * 8 * (size_of::<T>() + 1)
}

/// A list, with what each of its items owns.
pub(super) fn list<T>(items: &[T], owned: impl Fn(&T) -> usize) -> usize {
    allocation(size_of_val(items)) + items.iter().map(owned).sum::<usize>()
}

/// What a signal owns beyond its own size.
pub(super) fn signal(signal: &Signal) -> usize {
    allocation(signal.source.len()) + list(&signal.indicators, |indicator| allocation(indicator.len()))
}

/// What a header's name owns at most; a well-known one owns nothing.
fn named(name: &HeaderName) -> usize {
    shared(name.as_str().len())
}

/// A terminal answer: itself, its headers and its body.
pub(super) fn terminal(terminal: &Terminal) -> usize {
    let (headers, body) = match terminal {
        Terminal::Held(held) => (&held.headers, &held.body),
        Terminal::Settled(settled) => (&settled.headers, &settled.body),
    };
    let headers = list(headers, |(name, value)| named(name) + shared(value.len()));
    allocation(size_of::<Terminal>()) + headers + allocation(body.len())
}
