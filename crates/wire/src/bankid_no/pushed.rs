//! Stronger authentication, asked for in a pushed authorization request (RFC 9126; other-systems.md section A.2).

use bytes::Bytes;

use super::level::HIGH;
use crate::form::Form;
use crate::protocol::Malformed;

const ACR_VALUES: &str = "acr_values";

/// Makes a request ask for the high level, and for nothing lower beside it. The request as it came where it does already.
///
/// # Errors
///
/// [`Malformed`] when it is no form, or carries its parameters in a signed request object, which cannot be added to.
pub fn tighten(body: &Bytes) -> Result<Bytes, Malformed> {
    let form = Form::read(body)?;
    if form.get("request").is_some() {
        return Err(Malformed::Member {
            member: "request",
            expected: "push the parameters themselves: riskgate has to add acr_values, and a request object is signed",
        });
    }
    let asked: Vec<&str> = form.get(ACR_VALUES).unwrap_or_default().split_ascii_whitespace().collect();
    if asked == [HIGH] { Ok(body.clone()) } else { Ok(form.with(ACR_VALUES, HIGH).into()) }
}
