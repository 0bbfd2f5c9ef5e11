//! The least of HTTP: one request, one answer, one connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// The body of the answer to a GET of `BASE/PATH`.
pub(crate) fn get(base: &str, path: &str) -> String {
    send(base, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// The answer to a POST of JSON.
pub(crate) fn post(base: &str, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    serde_json::from_str(&send(base, &head, &body)).unwrap()
}

fn send(base: &str, head: &str, body: &str) -> String {
    let authority = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "{head}Host: {authority}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
}
