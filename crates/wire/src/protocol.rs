//! What the pipeline needs to know of a provider's protocol: the seam at which a provider plugs in.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{
    Assessment, Facts, Operation, Provider, Requirement, RequirementSet, Threshold, Verdict,
};

use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::lint::Lint;

/// One provider's protocol, as one policy configures it. Pure: the same input gives the same output.
///
/// The calls follow the pipeline (design.md section 4): `recognise`, `prepare` and `tighten` on the way to the provider,
/// `read_…` on the way back, `refuse_…` and `fault` for answers of our own. What has a default is for providers that recognise
/// such requests; the others leave it.
pub trait Protocol: Send + Sync {
    /// The kind of provider.
    fn provider(&self) -> Provider;

    /// What the body of a recognised request may be.
    fn takes(&self, recognised: Recognised) -> Takes;

    /// The headers of a request that concern the provider besides those that concern every provider, in lower case: such as
    /// `authorization`, where the application holds credentials of its own.
    fn request_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a request is, by method and exact raw path (query included); by its body only where one path serves several purposes.
    fn recognise(&self, method: &str, path: &str, body: &[u8]) -> Recognised;

    /// What a request for `operation` may turn out to be once its answer is there, besides that.
    fn may_turn_out(&self, _operation: Operation) -> &'static [Operation] {
        &[]
    }

    /// Reads a request that starts a transaction, and completes it with risk parameters that it lacks.
    ///
    /// In [`Mode::Monitor`] only what makes the provider assess the risk is added; nothing that the application sent is
    /// repaired or removed.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the body cannot be read, or asks for what cannot be enforced.
    fn prepare(
        &self,
        operation: Operation,
        body: &Bytes,
        given: &Given,
        mode: Mode,
    ) -> Result<Prepared, Malformed>;

    /// The user that the path of a request names, where the body does not. Never logged.
    fn subject(&self, _path: &str) -> Option<String> {
        None
    }

    /// Adds requirements to a prepared request. What the application set stricter stays.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the body cannot be read; it was read before by [`Protocol::prepare`].
    fn tighten(
        &self,
        operation: Operation,
        body: &Bytes,
        require: &[Requirement],
    ) -> Result<Tightened, Malformed>;

    /// The reference of the transaction that a request for its result, or for its end, is about.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the request names none, or cannot be read.
    fn reference(&self, path: &str, body: &[u8]) -> Result<String, Malformed>;

    /// Reads the provider's answer to a request that starts a transaction.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_started(&self, status: u16, body: &[u8]) -> Result<Started, Unreadable>;

    /// Under which name the answer to an exchange is kept, so that the same request, sent again, gets the same answer: a hash of
    /// all that makes it the same request, its credentials included. It must not be the reference of another transaction. `None`
    /// where a repeated request is another transaction.
    fn repeat_key(&self, _request: &Repeatable<'_>) -> Option<String> {
        None
    }

    /// Reads the provider's answer to an exchange.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_exchanged(
        &self,
        _operation: Operation,
        status: u16,
        _body: &[u8],
    ) -> Result<Exchanged, Unreadable> {
        Err(Unreadable::Status(status))
    }

    /// Reads the provider's answer to the exchange `request`, which says with whom it is; with what it shows that the request
    /// did not say.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_answer(
        &self,
        _request: &Repeatable<'_>,
        operation: Operation,
        status: u16,
        body: &[u8],
    ) -> Result<(Exchanged, Shown), Unreadable> {
        Ok((self.read_exchanged(operation, status, body)?, Shown::default()))
    }

    /// Reads the provider's answer to an [`Inquiry`]; none where it refused, in its own words.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_inquired(&self, status: u16, _body: &[u8]) -> Result<Option<Inquired>, Unreadable> {
        Err(Unreadable::Status(status))
    }

    /// Where the provider serves `path`, if elsewhere than at the policy's endpoint: an absolute address.
    fn address(&self, _path: &str) -> Option<String> {
        None
    }

    /// Reads the provider's answer to a request by `road` for the result of the transaction `reference`.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's, or not about this transaction.
    fn read_result(
        &self,
        reference: &str,
        road: Road,
        status: u16,
        body: &[u8],
    ) -> Result<Reading, Unreadable>;

    /// Reads the provider's answer to a request that ends a transaction.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_cancelled(&self, status: u16, body: &[u8]) -> Result<Cancelled, Unreadable>;

    /// What goes to the provider in place of `body`, of a request that carries no result: made stricter where the policy says so.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when it cannot be.
    fn passed_on(&self, _path: &str, body: &Bytes) -> Result<Bytes, Malformed> {
        Ok(body.clone())
    }

    /// What the application gets of the provider's answer to a request that carries no result: the answer as it came, or
    /// rewritten where it would lead the application past riskgate.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn pass(&self, passing: &Passing<'_>) -> Result<Bytes, Unreadable> {
        Ok(passing.body.clone())
    }

    /// How the provider keeps its transactions, where it gives a result as often as it is asked, and by several roads. Then
    /// what is kept of a transaction is the decision, and each road's answer is asked for anew. None where a result is given once.
    fn sessions(&self) -> Option<&dyn Sessions> {
        None
    }

    /// Checks the provider's answer to a probe (a GET on a known path), which may be empty.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    fn read_probe(&self, status: u16, body: &[u8]) -> Result<(), Unreadable>;

    /// What the provider's own indication is for an operation to which it gives none: `NotApplicable` for phone operations,
    /// else `Unknown`. An unknown operation may have had one.
    fn without_indication(&self, operation: Option<Operation>) -> Assessment;

    /// The answer that refuses to start a transaction. `details` names riskgate and the policy.
    fn refuse_start(&self, details: &str) -> Answer;

    /// The answer that refuses, on `road`, the result of the transaction `reference`. It tells nothing of the user.
    fn refuse_result(&self, reference: &str, road: Road) -> Answer;

    /// The answer that stands for `answer`, the provider's to an exchange, when the verdict is `verdict` and its result is
    /// withheld. It tells nothing of the user.
    fn refuse_exchanged(&self, _operation: Operation, verdict: Verdict, _answer: &[u8]) -> Answer {
        self.fault(Fault::Unauthorized, &format!("the result is withheld, the verdict is {verdict}"))
    }

    /// The answer that stands for `answer`, the provider's to an [`Inquiry`], about a transaction that was refused.
    fn refuse_inquired(&self, _answer: &[u8]) -> Answer {
        self.fault(Fault::Unauthorized, "the result is withheld")
    }

    /// The answer that says, on `road`, that the transaction `reference` still runs.
    fn pending(&self, reference: &str, road: Road) -> Answer;

    /// The provider's own form of a fault. `details` says what is wrong.
    fn fault(&self, fault: Fault, details: &str) -> Answer;

    /// The answer in place of one that is [`Unreadable`]: its own status for a 4xx or 5xx, 500 otherwise.
    fn in_place_of(&self, status: u16, details: &str) -> Answer;
}

/// A provider that gives a result as often as it is asked.
pub trait Sessions: Send + Sync {
    /// The path by which the transaction `reference` is asked for its state without changing it, with a GET.
    fn status_path(&self, reference: &str) -> String;

    /// The road that [`Sessions::status_path`] is.
    fn status_road(&self) -> Road;

    /// The path by which the transaction `reference` is ended, with a DELETE.
    fn cancel_path(&self, reference: &str) -> String;

    /// The answer that refuses what only a completed transaction has ([`Recognised::After`]).
    fn refuse_after(&self) -> Answer;
}

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It starts a transaction.
    Start(Operation),
    /// It starts a transaction, and its answer is the result.
    Exchange(Operation),
    /// It asks for the result of a transaction.
    Result(Road),
    /// It asks for what only a completed transaction has besides its result ([`Sessions`]).
    After,
    /// It asks what the provider has on file of a transaction that was answered ([`Inquiry`]).
    Inquiry,
    /// It ends a transaction.
    Cancel,
    /// A call that the provider has and that carries no result.
    Pass,
    /// It prepares a connection on which results come by themselves. Its answer carries none.
    Connect,
    /// A GET on a known path: clients use the provider's 405 as a health probe.
    Probe,
    /// A path that the provider does not have.
    UnknownPath,
    /// A known path with a method that the provider does not take; it takes these, such as `POST`.
    OtherMethod(&'static str),
}

/// The provider's road by which a result is asked for, such as `collect`. Each has its own form of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Road(pub &'static str);

/// What the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// The `Content-Type`s that it may have, each to the letter.
    pub content_types: &'static [&'static str],
    /// Whether there may be no body, and then no `Content-Type`.
    pub bodiless: bool,
}

/// An exchange that may be sent again.
pub struct Repeatable<'a> {
    /// The exact raw path.
    pub path: &'a str,
    /// The value of the header `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// The body.
    pub body: &'a [u8],
}

/// The provider's answer to a request that carries no result.
pub struct Passing<'a> {
    /// The exact raw path of the request.
    pub path: &'a str,
    /// The `Host` that the application asked, where riskgate listens: what has to lead through riskgate is pointed there.
    pub host: &'a str,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a Bytes,
}

/// A request that starts a transaction, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The body to send; the application's own bytes when nothing was to be changed.
    pub body: Bytes,
    /// The members that were attached, such as `web.userAgent`.
    pub attached: Vec<String>,
    /// What is wrong with what the application sent.
    pub lint: Vec<Lint>,
    /// The threshold that the application set itself (Swedish BankID: `requirement.risk`).
    pub application_threshold: Option<Threshold>,
    /// What the request requires of the user.
    pub carried: RequirementSet,
    /// The user's national identity number, where the request names it. Never logged.
    pub subject: Option<String>,
    /// The user's address, as the request carries it.
    pub client_ip: Option<IpAddr>,
    /// The user's browser, as the request carries it.
    pub user_agent: Option<String>,
}

/// A request after it was tightened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tightened {
    /// The body to send.
    pub body: Bytes,
    /// The members that were added, such as `requirement.pinCode`.
    pub attached: Vec<String>,
    /// What the request now requires of the user.
    pub carried: RequirementSet,
}

/// The provider's answer to a request that starts a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The transaction exists, under this reference.
    Open(String),
    /// The provider refused, in its own words.
    Refused,
}

/// The provider's answer to an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanged {
    /// The transaction is complete.
    Complete {
        /// Its reference.
        reference: String,
        /// What it says.
        completed: Completed,
    },
    /// The request is answered, and its session may go on: what was judged is kept for the session's result, the answer is not.
    Answered {
        /// The session's reference, by which its result is asked for; none when there is nothing to ask for.
        session: Option<String>,
        /// The provider's name for the transaction, where it has one besides.
        reference: Option<String>,
        /// Where the provider has it on file.
        inquiry: Option<Inquiry>,
        /// What the answer says.
        completed: Completed,
    },
    /// The provider refused, in its own words.
    Refused,
}

/// Where the provider has a transaction on file that was answered, with more than its answer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The path to ask, with a GET.
    pub path: String,
    /// What [`Protocol::reference`] says of that path. It is the reference of no transaction.
    pub reference: String,
    /// How long the provider may take where it is asked before the decision; none where it is not.
    pub before_decision: Option<Duration>,
    /// The indicator where it was asked and did not say.
    pub missing: &'static str,
}

/// What the provider has on file of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inquired {
    /// Indicators that only stand there.
    pub indicators: Vec<String>,
    /// What else it says, for conditions of `blockWhen`. May be a user's own, and is never recorded.
    pub facts: Facts,
}

/// What the answer to an exchange shows beside its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// What the user did, where only the answer tells: the flow is then chosen by it.
    pub operation: Option<Operation>,
    /// The level of assurance.
    pub assurance: Option<u8>,
    /// Whether an earlier login goes on, and nobody logged in now.
    pub renewed: bool,
    /// Whether the reference is only a name for this answer, and nothing that another system knows the transaction by.
    pub unreferenced: bool,
}

/// The provider's answer to a request that ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It is ended.
    Ended,
    /// The provider knows no such transaction: it ended before, or belongs to another certificate.
    NoSuchTransaction,
    /// The provider refused for another reason, in its own words.
    Refused,
}

/// The provider's answer to a request for a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Not there yet.
    Pending,
    /// The transaction failed. The answer is final.
    Failed,
    /// The transaction is complete. The answer is final, and given once.
    Complete(Completed),
    /// The provider knows no such transaction: it ended, was delivered before, or belongs to another certificate.
    NoSuchTransaction,
    /// The provider refused for another reason, in its own words.
    Refused,
}

/// What a completed transaction says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completed {
    /// The provider's own indication; none when the answer has none. An unrecognised value is [`Assessment::Unknown`].
    pub indication: Option<Assessment>,
    /// The provider's score, 0 to 100, where it gives one.
    pub score: Option<u8>,
    /// Machine-readable facts behind the indication; nothing that identifies a user.
    pub indicators: Vec<String>,
    /// What else the answer says, for conditions of `blockWhen`. May be a user's own, and is never recorded.
    pub facts: Facts,
    /// The user's national identity number. Never logged.
    pub subject: Option<String>,
    /// The address of the user's device, as the provider saw it.
    pub device_ip: Option<IpAddr>,
}

/// Why a request cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It cannot be read; the text says where and why, and repeats nothing of the body.
    #[error("Invalid request: {0}")]
    Unreadable(String),
    /// A member has a value that cannot be taken; names the member and what to write.
    #[error("Invalid {member}: {expected}")]
    Member {
        /// The member, such as `requirement.risk`.
        member: &'static str,
        /// What may stand there.
        expected: &'static str,
    },
}

/// Why the provider's answer cannot be believed. The text repeats nothing of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not of the provider's form.
    #[error("the provider's answer does not read: {0}")]
    Form(String),
    /// Another status than the protocol has for this answer.
    #[error("the provider answered with status {0}, which this call does not have")]
    Status(u16),
    /// About another transaction.
    #[error("the provider's answer is about another transaction")]
    OtherTransaction,
    /// In a state that the protocol does not have.
    #[error("the provider's answer has an unknown status")]
    UnknownState,
    /// Signed with a key of the provider that is not known: with its keys fetched anew it may be believed.
    #[error("the provider's answer is signed with a key that is not among the provider's")]
    UnknownKey,
}
