//! BankID Norway (other-systems.md section A): a login as an OpenID provider gives it, and the security data service, by which a
//! bank learns afterwards what it was.
//!
//! ```text
//! script    what a login says, what the data of its transaction are, and what is answered instead of them
//! jobs      one collection a transaction: when it began, when it was last looked at
//! openid    the login's endpoints          client, logins, keys   who asks, codes, what tokens are signed with
//! api       from request to answer         control   the part of the control API that is about all this
//! ```

mod api;
mod client;
mod control;
mod jobs;
mod keys;
mod logins;
mod openid;
mod script;

pub(crate) use self::api::BankIdNo;
