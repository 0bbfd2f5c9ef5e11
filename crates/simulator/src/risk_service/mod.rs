//! A platform team's own risk service: the other side of riskgate's source `http` (`docs/http-source.md` has the contract).
//!
//! ```text
//! script    what it says, and of which address
//! api       from question to answer        control   the part of the control API that is about all this
//! ```

mod api;
mod control;
mod script;

pub(crate) use self::api::RiskService;
