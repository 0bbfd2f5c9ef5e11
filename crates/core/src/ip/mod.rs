//! What is known of an address, and how much risk that is (design.md section 6, `ipIntelligence`).
//!
//! ```text
//! address ─► range (is it public?) ─┐
//! lists, databases, an API ─────────┴─► AddressFacts ─► rate (TIC's published table) ─► score, level, indicators
//! ```

mod country;
mod facts;
pub mod indicator;
mod list;
mod parse;
mod range;
mod score;

pub use country::{Country, NotACountry};
pub use facts::{AddressFacts, Traits};
pub use list::AddressList;
pub use parse::{BadLine, BadLines, Fault, parse};
pub use range::is_public;
pub use score::{Rating, rate};
