//! How the command ends: exit codes, and failures that know theirs.

use std::fmt;
use std::process::ExitCode;

use riskgate_sidecar::EXIT_CONFIG;

/// What every `--help` says of exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0   fine
  1   the answer is no (problems found, the transaction is refused), or something failed
  2   the command line is wrong
  78  the policy cannot be used";

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: fine.
    Fine,
    /// 1: the answer is no, or something failed.
    No,
    /// 2: the command line is wrong, as clap has it.
    Usage,
    /// 78: the policy or configuration cannot be used, as the sidecar has it.
    Configuration,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::SUCCESS,
            Exit::No => Self::FAILURE,
            Exit::Usage => Self::from(2),
            Exit::Configuration => Self::from(EXIT_CONFIG),
        }
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// A policy that cannot be used.
    pub(crate) fn configuration(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Configuration, error: error.into() }
    }

    /// Arguments that do not fit together, or not to the policy.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { exit: Exit::No, error: error.into() }
    }
}

/// The error with everything that caused it, on one line where it is one sentence.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}
