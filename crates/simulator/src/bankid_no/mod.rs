//! BankID Norway's security data service (other-systems.md sections A.6 and A.7): what a bank learns of a login afterwards. The login
//! itself is the part of an OpenID provider; any will do, as long as its configuration names this service.
//!
//! ```text
//! script    what the data of a transaction are, and what is answered instead of them
//! jobs      one collection a transaction: when it began, when it was last looked at
//! api       from request to answer         control   the part of the control API that is about all this
//! ```

mod api;
mod control;
mod jobs;
mod script;

pub(crate) use self::api::BankIdNo;
