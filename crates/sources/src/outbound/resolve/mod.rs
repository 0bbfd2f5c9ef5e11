//! Name resolution that never blocks.
//!
//! The C library's `getaddrinfo` blocks a thread for each name and does not work in a static binary, so names are resolved
//! here: the hosts file, then the name servers and search domains of `resolv.conf`, as in any pod.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{ResolverBuilder, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// How long one question to one name server may take before it is asked again. `resolv.conf` says 5 s where it says nothing,
/// which is more than a whole connection may take.
const LONGEST_QUESTION: Duration = Duration::from_secs(1);

/// How long it is believed at most that a name does not exist: a service may be about to come up.
const LONGEST_ABSENCE: Duration = Duration::from_secs(30);

/// Addresses kept. A sidecar talks to a handful of names; each takes an entry for each search domain.
const CACHED: u64 = 64;

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name servers say that there is none.
    #[error("the name {0} does not exist")]
    NoSuchName(String),
    /// The name exists, and has no address.
    #[error("the name {0} has no address")]
    NoAddress(String),
    /// No name server answered, or they answered with an error.
    #[error("the name {name} could not be resolved: {reason}")]
    Failed {
        /// The name.
        name: String,
        /// What happened.
        reason: String,
    },
}

/// Resolves host names. Cloning shares it with its cache; nothing is read before the first name that needs it.
#[derive(Clone, Default)]
pub struct Resolver {
    system: Arc<OnceLock<TokioResolver>>,
}

impl Resolver {
    /// The machine's own configuration: its hosts file and its `resolv.conf`.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The addresses of `host`, in the order in which they should be tried.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] when there is none.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if is_localhost(host) {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let found = self.resolver(host)?.lookup_ip(host).await.map_err(|error| explain(host, &error))?;
        let addresses: Vec<IpAddr> = found.iter().collect();
        if addresses.is_empty() { Err(ResolveError::NoAddress(host.to_owned())) } else { Ok(addresses) }
    }

    /// The resolver, made by the first who needs it. Two at once may both make one; the first to finish stays.
    fn resolver(&self, host: &str) -> Result<&TokioResolver, ResolveError> {
        match self.system.get() {
            Some(resolver) => Ok(resolver),
            None => {
                let made =
                    TokioResolver::builder_tokio().and_then(build).map_err(|error| explain(host, &error))?;
                Ok(self.system.get_or_init(|| made))
            }
        }
    }
}

/// Whether `host` is this machine by its name alone. No name server is asked for it, so none can say otherwise.
pub(super) fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

fn build(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> Result<TokioResolver, NetError> {
    let options = builder.options_mut();
    options.timeout = options.timeout.min(LONGEST_QUESTION);
    options.negative_max_ttl = Some(LONGEST_ABSENCE);
    options.cache_size = CACHED;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    builder.build()
}

fn explain(host: &str, error: &NetError) -> ResolveError {
    if error.is_nx_domain() {
        ResolveError::NoSuchName(host.to_owned())
    } else if error.is_no_records_found() {
        ResolveError::NoAddress(host.to_owned())
    } else {
        ResolveError::Failed { name: host.to_owned(), reason: error.to_string() }
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

/// How the connector asks.
impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await?;
            // The connector puts the port of the URI in place of 0.
            Ok(addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0))
                .collect::<Vec<_>>()
                .into_iter())
        })
    }
}
