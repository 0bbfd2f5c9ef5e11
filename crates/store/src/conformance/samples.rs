//! Orders and answers to try a store with.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use riskgate_core::{Assessment, Level, Operation, Phase, RequirementSet, Signal, Threshold};

use crate::transaction::{Final, Held, Order, Settled};

/// An order; another one for each `variant`, and every part present in some and absent in others.
pub(crate) fn order(variant: u8) -> Order {
    let bit = |bit: u8| variant & (1 << bit) != 0;
    Order {
        operation: if bit(0) { Operation::Sign } else { Operation::Auth },
        flow: bit(1).then(|| "transfer".into()),
        application_threshold: bit(2).then_some(Threshold::High),
        carried: RequirementSet { pin_code: bit(3), mrtd: bit(4) },
        certificate: format!("{:064x}", variant >> 5).into(),
        attached: if bit(5) {
            ["web.userAgent".to_owned(), "returnRisk".to_owned()].into()
        } else {
            Arc::default()
        },
        lint: if bit(6) { ["PrivateEndUserIp".to_owned()].into() } else { Arc::default() },
        signals: if bit(7) { [signal()].into() } else { Arc::default() },
        subject: bit(3).then(|| "199001012385".into()),
        client_ip: bit(4).then_some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, variant))),
        user_agent: bit(5).then(|| format!("Mozilla/5.0 ({variant}) \u{e5}\u{e4}\u{f6}").into()),
    }
}

fn signal() -> Signal {
    Signal {
        score: Some(62),
        indicators: vec!["isProxy".to_owned(), String::new()],
        age_ms: 3,
        latency_ms: 12,
        ..Signal::new("ip", Phase::Screen, Assessment::Level(Level::Moderate))
    }
}

/// An answer of the provider; another one for each `variant`.
pub(crate) fn held(variant: u8) -> Held {
    Held { status: 200, headers: headers(variant), body: body(variant) }
}

/// An answer for the application; another one for each `variant`, with each end in turn.
pub(crate) fn settled(variant: u8) -> Settled {
    let outcomes = [Final::Complete, Final::Failed, Final::Exchanged, Final::Decided];
    let outcome = outcomes[usize::from(variant % 4)];
    Settled { status: 200, headers: headers(variant), body: body(variant), outcome }
}

/// A well-known name, names of our own, and values with every byte that a header may hold.
fn headers(variant: u8) -> Vec<(HeaderName, HeaderValue)> {
    let names = [
        http::header::CONTENT_TYPE,
        HeaderName::from_static("riskgate-verdict"),
        HeaderName::from_static("x-1"),
    ];
    let value = HeaderValue::from_bytes(&[b'v', variant | 0x80]).unwrap_or(HeaderValue::from_static("v"));
    names.into_iter().take(usize::from(variant % 4)).map(|name| (name, value.clone())).collect()
}

/// Every byte there is, in one body or another; text in none that a store could count on.
fn body(variant: u8) -> Bytes {
    (0..usize::from(variant) * 3).map(|at| (at % 256) as u8 ^ variant).collect()
}
