//! What reading a policy file gives.

use std::fmt;

use riskgate_core::SidecarConfig;
use serde::Serialize;

use crate::policy::RiskPolicy;

/// What a policy file holds, and everything that is to be said about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The policies that can be used.
    pub policies: Vec<PolicyInFile>,
    /// What is wrong; a policy that has any is not among `policies`.
    pub problems: Vec<Remark>,
    /// What is legal, but unwise.
    pub warnings: Vec<Remark>,
    /// Documents that are no RiskPolicy, and were not read further.
    pub skipped: Vec<Remark>,
}

/// A policy that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyInFile {
    /// The line that its document starts on, from 1.
    pub line: usize,
    /// The policy.
    pub policy: RiskPolicy,
    /// The configuration that its sidecars get.
    pub config: SidecarConfig,
}

/// Something to be said about a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The file, as its reader named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The field, such as `spec.flows[1].blockAt`; empty where the remark is about the document.
    pub path: String,
    /// What is wrong or unwise, and what to write instead.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}
