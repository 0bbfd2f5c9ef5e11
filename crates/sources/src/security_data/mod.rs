//! BankID Norway's security data: what the bank that issued a BankID may know of a login (other-systems.md sections A.5 to A.7).
//!
//! ```text
//! client    how our own client proves who it is
//! token     its access token, kept and asked for once
//! order     one transaction's data: ordered, looked for, and every answer's meaning
//! refusal   why there is none, in words for the decision record
//! facts     the answer's claims
//! judge     what they mean
//! ```

mod client;
mod facts;
mod judge;
mod order;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use riskgate_core::config::ClaimRule;
use riskgate_core::{Assessment, Clock, Phase};
use riskgate_wire::bankid_no::Level;

pub use self::client::{ClientCredential, CredentialError};
use self::order::Order;
pub use self::refusal::cause;
use self::token::TokenKeeper;
use crate::openid::Openid;
use crate::outbound::Outbound;
use crate::source::{Question, Report, Source, SourceFailure};

/// The shortest wait between two looks that is taken (other-systems.md section A.6: BankID's older text).
pub const SHORTEST_POLL: Duration = Duration::from_secs(1);

/// What the source is made from.
pub struct Settings {
    /// Its name in the policy.
    pub name: String,
    /// The client, as registered with BankID.
    pub client_id: String,
    /// How it proves who it is.
    pub credential: ClientCredential,
    /// What its access token is for.
    pub scope: String,
    /// How long the data may take to come.
    pub budget: Duration,
    /// How long is waited between two looks; at least [`SHORTEST_POLL`] is.
    pub poll: Duration,
    /// The service's base address, instead of the one in the provider's configuration.
    pub base_url: Option<String>,
    /// The token endpoint, instead of the provider's.
    pub token_endpoint: Option<String>,
    /// What single claims mean.
    pub rules: Vec<ClaimRule>,
}

/// The source.
pub struct SecurityData {
    settings: Settings,
    /// The providers whose logins it knows, by the names of their entries.
    providers: HashMap<String, Provider>,
}

/// One provider, as it is asked.
struct Provider {
    directory: Arc<Openid>,
    outbound: Arc<dyn Outbound>,
    token: TokenKeeper,
}

impl SecurityData {
    /// The source, for the providers whose logins it may be asked about: by the names of their entries, what is known of each
    /// and how it is reached. `clock` is the wall clock, for assertions.
    #[must_use]
    pub fn new(
        settings: Settings,
        providers: impl IntoIterator<Item = (String, Arc<Openid>, Arc<dyn Outbound>)>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let provider = |(name, directory, outbound): (String, Arc<Openid>, Arc<dyn Outbound>)| {
            (name, Provider { directory, outbound, token: TokenKeeper::new(clock.clone()) })
        };
        Self { providers: providers.into_iter().map(provider).collect(), settings }
    }

    async fn data(&self, question: &Question) -> Result<Report, SourceFailure> {
        let unsupported = || refusal::refused(cause::UNSUPPORTED_BY_ISSUER);
        let reference =
            question.reference.as_deref().ok_or_else(|| refusal::refused(cause::NO_TRANSACTION_REFERENCE))?;
        let provider = self.providers.get(&question.provider).ok_or_else(unsupported)?;
        let failed = |error: crate::openid::DirectoryError| SourceFailure::Failed(error.to_string());
        let known = provider.directory.ready().await.map_err(failed)?;
        let base = self.settings.base_url.clone().or_else(|| known.discovery.security_data());
        let base = base.ok_or_else(unsupported)?;
        let order = Order { source: self, provider, known: &known, base: &base, reference };
        let facts = order.run().await?;
        Ok(judge::judge(&facts, question.client_ip, &self.settings.rules))
    }
}

#[async_trait]
impl Source for SecurityData {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn serves(&self, phase: Phase) -> bool {
        phase == Phase::Assess
    }

    async fn assess(&self, _phase: Phase, question: &Question) -> Result<Report, SourceFailure> {
        // BankID collects nothing below the high level (other-systems.md section A.5).
        if question.assurance.is_some_and(|level| level < Level::High.number()) {
            return Ok(Report::new(Assessment::NotApplicable));
        }
        // Boxed: it holds requests and answers across many waits.
        let asking = Box::pin(self.data(question));
        let said =
            tokio::time::timeout(self.settings.budget, asking).await.unwrap_or(Err(SourceFailure::TimedOut));
        match said {
            // The data of a login stay an hour (other-systems.md section A.6). A login that goes on after that was judged when
            // it was made: nothing failed, there is nothing left to say of it.
            Err(SourceFailure::Refused { causes, .. })
                if question.renewed && causes.first().is_some_and(|first| first == cause::DATA_GONE) =>
            {
                Ok(Report { indicators: causes, ..Report::new(Assessment::NotApplicable) })
            }
            said => said,
        }
    }
}
