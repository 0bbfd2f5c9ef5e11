//! The Swedish BankID RP API v6.0 (`bankid-se.md`, whose sections the modules name).
//!
//! ```text
//! operation   the eight endpoints          request     what they take, checked
//! script      what an order does           scripts     which order gets which script
//! order       orders and their progress    deliveries  what was delivered how often
//! answers     what is sent                 completion  completionData, with signature and ocsp
//! spoil       scripted faults              settings    where the real API is ambiguous
//! api         from request to answer       control     the part of the control API that is about all this
//! ```

mod answers;
mod api;
mod completion;
mod control;
mod deliveries;
mod error;
mod lifetimes;
mod ocsp;
mod operation;
mod order;
pub mod qr;
mod request;
pub mod script;
mod scripts;
mod settings;
mod signature;
mod spoil;

pub(crate) use self::api::BankIdSe;
pub use self::lifetimes::Lifetimes;
pub use self::operation::Operation;
pub use self::script::{Script, ScriptError, ScriptFile};
pub use self::settings::{MethodNotAllowed, ParallelOrder, RequirementRisk, Settings, UnknownMembers};
