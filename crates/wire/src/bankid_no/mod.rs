//! BankID Norway: an OpenID Connect provider (other-systems.md section A).
//!
//! The application fetches the provider's configuration through the sidecar and finds the back-channel endpoints there: the one
//! that gives tokens is where a login is judged.
//!
//! ```text
//! directory       what is known of the provider at the moment
//! discovery       the provider's configuration: what we take from it, and how the application sees it
//! paths           which call a request is
//! token_request   who asks for tokens, and for what
//! token_answer    the tokens, or the refusal
//! login           what verified tokens say of a login or a signature
//! level           levels of assurance
//! pushed          stronger authentication asked for in a pushed authorization request
//! protocol        the calls of the pipeline
//! answers         answers of our own, in OAuth's form
//! ```

mod answers;
mod directory;
mod discovery;
mod level;
mod login;
mod paths;
mod protocol;
mod pushed;
mod token_answer;
mod token_request;

pub use answers::{CONTENT_TYPE, block, challenge, fault, in_place_of};
pub use directory::{Directory, Known};
pub use discovery::{Discovery, DiscoveryError, Endpoint};
pub use level::{HIGH, Level};
pub use login::Login;
pub use paths::{Called, FORM, configuration_path, recognise};
pub use protocol::{BankIdNo, Rules};
pub use pushed::tighten;
pub use token_answer::{TokenAnswer, Tokens};
pub use token_request::{Grant, TokenRequest};
