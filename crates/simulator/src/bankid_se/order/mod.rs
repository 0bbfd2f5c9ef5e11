//! Orders: what each was made from, how far it has come, and the book that holds them all.

mod book;
mod counts;
mod facts;
mod progress;

pub(crate) use self::book::{Collected, Order, OrderBook};
pub(crate) use self::facts::{Facts, Tokens};
pub(crate) use self::progress::{Ending, Progress, Report};

#[cfg(test)]
mod tests;
