//! The shared store on real servers: the contract, the faults, what can be read in the server.

mod conformance;
mod faults;
mod records;
mod secrecy;
mod stage;
mod time;
mod ways;
