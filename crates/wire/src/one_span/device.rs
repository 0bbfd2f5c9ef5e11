//! `cddc.browserCDDC.fingerprintHash`: the device, as OneSpan tells one browser from another (other-systems.md section C.3).

use riskgate_core::hex;
use sha2::{Digest, Sha256};

use crate::given::Given;
use crate::json::{Edits, Object, Value, quoted};

const CDDC: &str = "cddc";
const BROWSER: &str = "browserCDDC";
const HASH: &str = "fingerprintHash";

/// Attaches the given device identifier where the request says nothing of a device, or of a browser without its hash. What
/// else stands in `cddc` is a mobile device's own, and `browserCDDC` outside of it the older form of the request.
pub(super) fn attach(request: &Object<'_>, given: &Given, edits: &mut Edits, attached: &mut Vec<String>) {
    let Some(identifier) = given.device_identifier.as_deref().filter(|text| !text.is_empty()) else { return };
    if !request.get(BROWSER).is_missing() {
        return;
    }
    let cddc = request.get(CDDC);
    let (outer, browser) = match &cddc {
        Value::Absent | Value::Null => (None, None),
        Value::Object(outer) => match outer.get(BROWSER) {
            Value::Object(browser) if browser.get(HASH).is_missing() => (Some(outer), Some(browser)),
            Value::Absent | Value::Null if outer.len() == 0 => (Some(outer), None),
            _ => return,
        },
        _ => return,
    };
    let mut hash = Edits::default();
    hash.set(HASH, quoted(&hashed(identifier, given.hash_device_identifier)));
    let mut inner = Edits::default();
    inner.set(BROWSER, hash.apply(browser.as_ref(), 128));
    edits.set(CDDC, inner.apply(outer, 160));
    attached.push(format!("{CDDC}.{BROWSER}.{HASH}"));
}

/// The identifier as it is where it has the form of a hash, 64 hexadecimal digits; else its SHA-256.
fn hashed(identifier: &str, always: bool) -> String {
    let is_hash = identifier.len() == 64 && identifier.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash && !always {
        identifier.to_ascii_lowercase()
    } else {
        hex::prefixed("", &Sha256::digest(identifier))
    }
}
