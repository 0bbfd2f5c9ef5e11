//! An HTTP proxy that does exactly what a test tells it to, one connection at a time.

use riskgate_sources::outbound::{Client, ClientOptions, Identity, Proxy, ProxyLogin, Resolver, Roots};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::PATIENT;

/// A listener that speaks as a proxy does.
pub(crate) struct ScriptedProxy {
    listener: TcpListener,
}

impl ScriptedProxy {
    pub(crate) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("a port") }
    }

    pub(crate) fn authority(&self) -> String {
        self.listener.local_addr().expect("an address").to_string()
    }

    /// How a client finds it.
    pub(crate) fn proxy(&self, login: Option<(&str, &str)>, direct: &[&str]) -> Proxy {
        let login = login.map(|(username, password)| ProxyLogin {
            username: username.to_owned(),
            password: password.to_owned(),
        });
        let direct: Vec<String> = direct.iter().map(|&host| host.to_owned()).collect();
        Proxy::new(&format!("http://{}", self.authority()), login.as_ref(), &direct).expect("a proxy")
    }

    /// The next connection, and what it asks for.
    pub(crate) async fn asked(&self) -> (TcpStream, String) {
        let (mut tcp, _) = self.listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tcp.read_u8().await.expect("a head"));
        }
        (tcp, String::from_utf8(head).expect("text"))
    }

    /// Opens the next tunnel that is asked for, to `port` on loopback whatever its name; what was asked.
    pub(crate) async fn tunnel(&self, port: u16) -> String {
        let (mut tcp, asked) = self.asked().await;
        let mut server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
        tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.expect("written");
        // It ends with its ends, and no later than the test's runtime.
        tokio::spawn(async move { copy_bidirectional(&mut tcp, &mut server).await.map(drop) });
        asked
    }
}

/// A client behind `proxy`.
pub(crate) fn behind(proxy: &Proxy, roots: &Roots, identity: Option<&Identity>) -> Client {
    let resolver = Resolver::system();
    let options = ClientOptions { roots, identity, connect: PATIENT, resolver, proxy: Some(proxy) };
    Client::new(options).expect("a client")
}
