//! Orders as applications might send them, and what they might be completed with.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use riskgate_core::config::Mode;
use riskgate_core::{Operation, Provider, Start};
use riskgate_wire::Given;

use crate::json;

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    select(Provider::BankIdSe.operations())
}

pub(crate) fn mode() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Enforce, Mode::Monitor])
}

/// Values of `web`, `app` and headers: right, too long, in need of repair, or beyond it.
fn parameter() -> BoxedStrategy<String> {
    prop_oneof![
        json::matching("[a-z]{1,8}\\.example\\.se"),
        json::matching("[A-Za-zåäö]{1,8}\\.Example\\.se\\.?(:[0-9]{1,4})?"),
        json::matching("Mozilla/5\\.0 [a-zA-Z;/ ]{0,30}"),
        json::matching("[ -~]{60,70}"),
        json::matching("[ -~]{250,300}"),
        json::matching("\\PC{60,300}"),
        json::matching("\\PC{0,4}"),
    ]
    .boxed()
}

pub(crate) fn given() -> impl Strategy<Value = Given> {
    let text = || option::of(parameter());
    let start = option::of(select(vec![Start::Web, Start::App]));
    let texts = (text(), text(), text(), text(), text(), text());
    (start, option::of(any::<std::net::IpAddr>()), texts, any::<bool>()).prop_map(
        |(start, client_ip, (user_agent, domain, app, os, model, device), hash)| Given {
            start,
            client_ip,
            user_agent,
            referring_domain: domain,
            app_identifier: app,
            device_os: os,
            device_model: model,
            device_identifier: device,
            hash_device_identifier: hash,
            ..Given::default()
        },
    )
}

/// The member `name` with one of `values`, or not at all.
fn member<S: Strategy<Value = String> + 'static>(
    name: &'static str,
    values: S,
) -> BoxedStrategy<Option<(String, String)>> {
    option::of(prop_oneof![6 => values, 1 => Just("null".to_owned()), 1 => json::value()])
        .prop_map(move |value| value.map(|value| (format!("\"{name}\""), value)))
        .boxed()
}

fn quoted() -> impl Strategy<Value = String> {
    parameter().prop_map(|text| serde_json::to_string(&text).unwrap())
}

/// An object of these members and two unknown ones.
fn device(names: [&'static str; 4]) -> impl Strategy<Value = String> {
    let [a, b, c, d] = names.map(|name| member(name, quoted()));
    (a, b, c, d, unknown(2)).prop_flat_map(|(a, b, c, d, unknown)| {
        shuffled([a, b, c, d].into_iter().flatten().chain(unknown).collect())
    })
}

fn requirement() -> impl Strategy<Value = String> {
    let risk = select(vec!["\"low\"", "\"LOW\"", "\"moderate\"", "\"Moderate\""]).prop_map(str::to_owned);
    let flag = || select(vec!["true", "false"]).prop_map(str::to_owned);
    (member("risk", risk), member("pinCode", flag()), member("mrtd", flag()), unknown(1)).prop_flat_map(
        |(risk, pin, mrtd, unknown)| {
            shuffled([risk, pin, mrtd].into_iter().flatten().chain(unknown).collect())
        },
    )
}

/// Members that no version of the API has, some with escapes in their names.
fn unknown(most: usize) -> BoxedStrategy<Vec<(String, String)>> {
    vec(json::value(), 0..=most)
        .prop_map(|values| {
            let name = |n| if n % 2 == 0 { format!("\"x{n}\"") } else { format!("\"\\u0078{n}\"") };
            values.into_iter().enumerate().map(|(n, value)| (name(n), value)).collect()
        })
        .boxed()
}

fn shuffled(members: Vec<(String, String)>) -> BoxedStrategy<String> {
    Just(members).prop_shuffle().prop_flat_map(json::object).boxed()
}

/// An order: known members right, wrong, null or missing, and unknown ones, in any order.
pub(crate) fn order() -> impl Strategy<Value = Bytes> {
    let ip = select(vec!["\"81.2.69.142\"", "\"10.0.0.1\"", "\"::1\"", "\"none\""]).prop_map(str::to_owned);
    let flag = select(vec!["true", "false"]).prop_map(str::to_owned);
    let known = (
        member("endUserIp", ip),
        member("returnRisk", flag),
        member("web", device(["userAgent", "referringDomain", "deviceIdentifier", "more"])),
        member("app", device(["appIdentifier", "deviceOS", "deviceModelName", "deviceIdentifier"])),
        member("requirement", requirement()),
        member("personalNumber", Just("\"200001012384\"".to_owned())),
    );
    (known, unknown(4))
        .prop_flat_map(|((a, b, c, d, e, f), unknown)| {
            shuffled([a, b, c, d, e, f].into_iter().flatten().chain(unknown).collect())
        })
        .prop_map(Bytes::from)
}
