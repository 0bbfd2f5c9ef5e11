//! How transactions are written in the server: `postcard` of mirrors of our own, so that the domain types may change without
//! changing what older and newer sidecars read from each other. The first byte is the version; the tests pin what it means.

mod answer;
mod order;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde::Serialize;

use crate::transaction::{Held, Order, Settled};

/// The version of everything that is written here. A sidecar that reads another one knows nothing of the transaction, which is
/// judged as one whose context is lost: half of what was known could allow what the whole would block.
const VERSION: u8 = 1;

/// Why a value does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CodecError {
    /// Written by another version of riskgate.
    #[error("a value has the form {0}, this version reads {VERSION}")]
    Version(u8),
    /// Not written by riskgate.
    #[error("a value does not read")]
    Malformed,
}

/// The facts of an order.
pub(super) fn encode_order(order: Order) -> Result<Vec<u8>, CodecError> {
    encode(&order::Stored::from(order), &[])
}

/// See [`encode_order`].
pub(super) fn decode_order(bytes: Vec<u8>) -> Result<Order, CodecError> {
    decode::<order::Stored>(bytes).map(|(stored, _)| stored.into())
}

/// An answer as the provider gave it.
pub(super) fn encode_held(held: &Held) -> Result<Vec<u8>, CodecError> {
    encode(&answer::Head::new(held.status, &held.headers), &held.body)
}

/// See [`encode_held`].
pub(super) fn decode_held(bytes: Vec<u8>) -> Result<Held, CodecError> {
    let (head, body) = decode::<answer::Head>(bytes)?;
    Ok(Held { status: head.status, headers: head.headers()?, body })
}

/// An answer as the application gets it.
pub(super) fn encode_settled(settled: &Settled) -> Result<Vec<u8>, CodecError> {
    let head = answer::Head::new(settled.status, &settled.headers);
    encode(&answer::SettledHead { head, outcome: settled.outcome.into() }, &settled.body)
}

/// See [`encode_settled`].
pub(super) fn decode_settled(bytes: Vec<u8>) -> Result<Settled, CodecError> {
    let (answer::SettledHead { head, outcome }, body) = decode(bytes)?;
    Ok(Settled { status: head.status, headers: head.headers()?, body, outcome: outcome.into() })
}

/// The version, the head, and the body as it is.
fn encode(head: &impl Serialize, body: &[u8]) -> Result<Vec<u8>, CodecError> {
    let bytes = postcard::to_extend(head, vec![VERSION]);
    let mut bytes = bytes.map_err(|_| CodecError::Malformed)?;
    bytes.extend_from_slice(body);
    Ok(bytes)
}

fn decode<T: serde::de::DeserializeOwned>(bytes: Vec<u8>) -> Result<(T, Bytes), CodecError> {
    let (version, rest) = bytes.split_first().ok_or(CodecError::Malformed)?;
    if *version != VERSION {
        return Err(CodecError::Version(*version));
    }
    let (head, body) = postcard::take_from_bytes(rest).map_err(|_| CodecError::Malformed)?;
    let from = bytes.len() - body.len();
    Ok((head, Bytes::from(bytes).slice(from..)))
}
