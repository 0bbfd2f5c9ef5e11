//! The paths of the API (bankid-se.md section 2).

use riskgate_core::Operation;

use crate::protocol::Recognised;

/// Which request this is. A path is known by its exact bytes: a query, a trailing slash or an escape makes it another, so
/// that nothing reaches BankID which BankID might read differently than riskgate.
pub(super) fn recognise(method: &str, path: &str) -> Recognised {
    let Some(called) = path.strip_prefix("/rp/v6.0").and_then(call) else {
        return Recognised::UnknownPath;
    };
    match method {
        "POST" => called,
        "GET" => Recognised::Probe,
        _ => Recognised::OtherMethod,
    }
}

fn call(path: &str) -> Option<Recognised> {
    Some(match path {
        "/auth" => Recognised::Start(Operation::Auth),
        "/sign" => Recognised::Start(Operation::Sign),
        "/payment" => Recognised::Start(Operation::Payment),
        "/other/payment" => Recognised::Start(Operation::OtherPayment),
        "/phone/auth" => Recognised::Start(Operation::PhoneAuth),
        "/phone/sign" => Recognised::Start(Operation::PhoneSign),
        "/collect" => Recognised::Result,
        "/cancel" => Recognised::Cancel,
        _ => return None,
    })
}
