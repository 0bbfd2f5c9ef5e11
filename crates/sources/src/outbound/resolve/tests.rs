//! Name resolution against a name server of the test's own.

use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, SOA};
use hickory_resolver::proto::rr::{Name as DnsName, RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::*;

/// A name server that knows a few names, and counts what it is asked.
struct NameServer {
    port: u16,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl NameServer {
    /// Stays silent for the first `silent` questions, as when a packet is lost.
    async fn start(silent: usize) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                if count.fetch_add(1, Ordering::Relaxed) >= silent {
                    let answer = answer(&Message::from_vec(&buffer[..length]).unwrap());
                    socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
                }
            }
        });
        Self { port, asked, task }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// A resolver that asks this server, with the search domain and dots of a pod's `resolv.conf`.
    fn resolver(&self, patience: Duration) -> Resolver {
        let mut server = NameServerConfig::udp(Ipv4Addr::LOCALHOST.into());
        server.connections[0].port = self.port;
        let search = vec![DnsName::from_ascii("svc.cluster.test.").unwrap()];
        let config = ResolverConfig::from_parts(None, search, vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().ndots = 5;
        builder.options_mut().timeout = patience;
        let resolver = Resolver::default();
        assert!(resolver.system.set(build(builder).unwrap()).is_ok());
        resolver
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(question: &Message) -> Message {
    let query = &question.queries[0];
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.add_query(query.clone());
    let data = match (query.name().to_ascii().as_str(), query.query_type()) {
        ("bankid.example.", RecordType::A) | ("fraud.shop.svc.cluster.test.", RecordType::A) => {
            Some(RData::A(A::new(192, 0, 2, 1)))
        }
        ("bankid.example.", RecordType::AAAA) => {
            Some(RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)))
        }
        ("fraud.shop.svc.cluster.test." | "mail.example.", _) => None,
        ("broken.example.", _) => {
            answer.metadata.response_code = ResponseCode::ServFail;
            None
        }
        _ => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            None
        }
    };
    if data.is_none() {
        // Without it nobody may remember that there is nothing.
        let soa = SOA::new(DnsName::root(), DnsName::root(), 1, 60, 60, 60, 60);
        answer.authorities.push(Record::from_rdata(DnsName::root(), 60, RData::SOA(soa)));
    }
    answer.add_answers(data.map(|data| Record::from_rdata(query.name().clone(), 60, data)));
    answer
}

const PATIENT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_name_has_its_addresses_of_both_kinds_and_is_asked_for_once() {
    let server = NameServer::start(0).await;
    let resolver = server.resolver(PATIENT);
    let mut found = resolver.resolve("bankid.example").await.unwrap();
    found.sort();
    assert_eq!(found, ["192.0.2.1", "2001:db8::1"].map(|address| address.parse::<IpAddr>().unwrap()));
    let asked = server.asked();
    resolver.clone().resolve("bankid.example").await.unwrap();
    assert_eq!(server.asked(), asked, "the second answer came out of the cache");
}

#[tokio::test]
async fn a_service_is_found_below_the_search_domain() {
    let server = NameServer::start(0).await;
    let found = server.resolver(PATIENT).resolve("fraud.shop").await.unwrap();
    assert_eq!(found, [IpAddr::from([192, 0, 2, 1])]);
}

#[tokio::test]
async fn a_lost_packet_is_made_up_for() {
    let server = NameServer::start(2).await;
    let found = server.resolver(Duration::from_millis(100)).resolve("bankid.example.").await.unwrap();
    assert!(found.contains(&IpAddr::from([192, 0, 2, 1])));
}

#[tokio::test]
async fn what_went_wrong_is_said() {
    let server = NameServer::start(0).await;
    let resolver = server.resolver(PATIENT);
    let error = resolver.resolve("nowhere.example").await.unwrap_err();
    assert_eq!(error.to_string(), "the name nowhere.example does not exist");
    let error = resolver.resolve("mail.example").await.unwrap_err();
    assert_eq!(error.to_string(), "the name mail.example has no address");
    let error = resolver.resolve("broken.example.").await.unwrap_err();
    assert!(matches!(&error, ResolveError::Failed { name, .. } if name == "broken.example."), "{error:?}");

    let silent = NameServer::start(usize::MAX).await;
    let error = silent.resolver(Duration::from_millis(20)).resolve("bankid.example.").await.unwrap_err();
    assert!(matches!(error, ResolveError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn addresses_and_localhost_are_nobody_elses_business() {
    let server = NameServer::start(0).await;
    let resolver = server.resolver(PATIENT);
    assert_eq!(resolver.resolve("192.0.2.9").await.unwrap(), [IpAddr::from([192, 0, 2, 9])]);
    assert_eq!(resolver.resolve("2001:db8::9").await.unwrap(), ["2001:db8::9".parse::<IpAddr>().unwrap()]);
    let local = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    assert_eq!(resolver.resolve("localhost").await.unwrap(), local);
    assert_eq!(resolver.resolve("LOCALHOST").await.unwrap(), local);
    assert_eq!(server.asked(), 0);
}
