//! The source against a service that says what the test wants, on a clock that does not wait.

mod judging;
mod stage;
mod statuses;
mod tokens;
