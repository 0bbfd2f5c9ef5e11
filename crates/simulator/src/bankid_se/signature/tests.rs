use super::*;
use crate::bankid_se::operation::Operation;
use crate::bankid_se::settings::Settings;

fn document(body: &str) -> String {
    let request = OrderRequest::parse(Operation::Sign, body.as_bytes(), &Settings::default()).unwrap();
    let signing = Signing { request: &request, display_name: Some("A shop"), uhi: "device" };
    let base64 = Signer::new().unwrap().sign(&signing);
    String::from_utf8(BASE64_STANDARD.decode(base64).unwrap()).unwrap()
}

/// The text from the first `<name` to `</name>`.
fn element<'a>(document: &'a str, name: &str) -> &'a str {
    let start = document.find(&format!("<{name}")).unwrap();
    let end = document.find(&format!("</{name}>")).unwrap() + name.len() + 3;
    &document[start..end]
}

#[test]
fn the_user_data_and_the_display_name_are_in_it() {
    let document = document(
        r#"{"endUserIp":"192.0.2.1","userVisibleData":"VGV4dA==","userNonVisibleData":"RGF0YQ==",
            "userVisibleDataFormat":"simpleMarkdownV1"}"#,
    );
    assert!(document.contains(
        "<usrVisibleData charset=\"UTF-8\" format=\"simpleMarkdownV1\" visible=\"wysiwys\">VGV4dA==</usrVisibleData>\
         <usrNonVisibleData>RGF0YQ==</usrNonVisibleData>"
    ));
    assert!(document.contains(&format!("<displayName>{}</displayName>", BASE64_STANDARD.encode("A shop"))));
    assert!(document.contains("<funcId>Signing</funcId>"));
}

#[test]
fn both_digests_match_what_they_refer_to() {
    let document = document(r#"{"endUserIp":"192.0.2.1","userVisibleData":"VGV4dA=="}"#);
    for name in ["bankIdSignedData", "KeyInfo"] {
        let expected = BASE64_STANDARD.encode(Sha256::digest(element(&document, name)));
        assert!(document.contains(&format!("<DigestValue>{expected}</DigestValue>")), "{name}");
    }
}
