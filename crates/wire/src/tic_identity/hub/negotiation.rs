//! The answer to a client that asks how to connect to the hub (SignalR's negotiation; other-systems.md section B.1).

use bytes::Bytes;
use serde_json::Value;

use crate::json::{Edits, Object};
use crate::protocol::Unreadable;
use crate::tic_identity::{read, strict};

/// The one way to connect that riskgate can look into: text over a WebSocket.
const WEB_SOCKET: &str = "WebSockets";
const OFFERED: &str = r#"[{"transport":"WebSockets","transferFormats":["Text"]}]"#;

/// The answer as the application gets it: it offers the one way that leads through riskgate.
///
/// # Errors
///
/// [`Unreadable`] when it is not the provider's, has no such way, or sends the client elsewhere, past riskgate.
pub fn negotiated(status: u16, body: &Bytes) -> Result<Bytes, Unreadable> {
    read::without_result(status, body)?;
    if status != 200 {
        return Ok(body.clone());
    }
    let form = |what: &str| Unreadable::Form(what.to_owned());
    let answer = strict::answer(body)?;
    let has = |name: &str| {
        let members = answer.as_object();
        members.is_some_and(|members| members.keys().any(|member| member.eq_ignore_ascii_case(name)))
    };
    if has("url") || has("accessToken") {
        return Err(form("the hub is elsewhere, where riskgate is not"));
    }
    if has("error") {
        return Ok(body.clone());
    }
    let transports = answer.get("availableTransports").and_then(Value::as_array);
    let offers = |transport: &Value| transport.get("transport").and_then(Value::as_str) == Some(WEB_SOCKET);
    if !transports.is_some_and(|transports| transports.iter().any(offers)) {
        return Err(form("no WebSocket is offered, and riskgate reads no other transport"));
    }
    let mut edits = Edits::default();
    edits.set("availableTransports", OFFERED.to_owned());
    Ok(edits.apply(Some(&Object::read(body)?), body.len()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Result<String, Unreadable> {
        let read = negotiated(status, &Bytes::copy_from_slice(body.as_bytes()))?;
        Ok(String::from_utf8(read.to_vec()).unwrap())
    }

    #[test]
    fn the_one_way_through_riskgate_is_offered_and_all_else_stays() {
        let all = r#"{"negotiateVersion":1,"connectionId":"a","connectionToken":"b","availableTransports":[{"transport":"ServerSentEvents","transferFormats":["Text"]},{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}"#;
        let one = r#"{"negotiateVersion":1,"connectionId":"a","connectionToken":"b","availableTransports":[{"transport":"WebSockets","transferFormats":["Text"]}]}"#;
        assert_eq!(of(200, all).as_deref(), Ok(one));
        assert_eq!(of(200, one).as_deref(), Ok(one));
        for passes in [r#"{"error":"The hub is closed."}"#, r#"{"negotiateVersion":1,"error":"x"}"#] {
            assert_eq!(of(200, passes).as_deref(), Ok(passes));
        }
        let refusal = r#"{"error":{"code":"invalid_api_key"}}"#;
        assert_eq!(of(401, refusal).as_deref(), Ok(refusal));
    }

    #[test]
    fn nobody_is_sent_past_riskgate() {
        for refused in [
            r#"{"url":"https://hub.example","accessToken":"x","availableTransports":[]}"#,
            r#"{"Url":"https://hub.example","availableTransports":[{"transport":"WebSockets"}]}"#,
            r#"{"connectionId":"a","availableTransports":[{"transport":"LongPolling"}]}"#,
            r#"{"connectionId":"a"}"#,
            r#"{"connectionId":"a","connectionId":"b","availableTransports":[{"transport":"WebSockets"}]}"#,
            r#"{"availableTransports":[{"transport":"WebSockets"}],"user":{"personalNumber":"199001011234"}}"#,
            "[]",
            "",
        ] {
            assert!(of(200, refused).is_err(), "{refused}");
        }
        assert!(of(302, "").is_err());
    }
}
