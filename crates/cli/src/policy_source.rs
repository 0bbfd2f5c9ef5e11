//! A policy file as the configuration of a running sidecar, compiled anew on every change.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use riskgate_api::RiskPolicy;
use riskgate_api::compile::compile;
use riskgate_api::file::Remark;
use riskgate_core::SidecarConfig;
use riskgate_sidecar::ConfigSource;

use crate::policy_file::{Choice, PolicyError, is_standard_input, lines, load};

/// A change that is made to every version of a policy before it is compiled.
type Adjustment = Box<dyn Fn(&mut RiskPolicy) + Send + Sync>;

/// A policy file that a sidecar follows.
pub(crate) struct PolicySource {
    path: PathBuf,
    choice: Choice,
    adjustment: Option<Adjustment>,
    /// What was warned of last: a file is read more often than it changes.
    warned: Mutex<Vec<Remark>>,
}

impl PolicySource {
    /// The policy in the file at `path`.
    pub(crate) fn new(path: PathBuf, choice: Choice) -> Self {
        Self { path, choice, adjustment: None, warned: Mutex::default() }
    }

    /// The same, changed by `adjustment` each time it is read.
    pub(crate) fn adjusted(self, adjustment: impl Fn(&mut RiskPolicy) + Send + Sync + 'static) -> Self {
        Self { adjustment: Some(Box::new(adjustment)), ..self }
    }

    fn warn(&self, warnings: Vec<Remark>) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if *warned != warnings {
            for warning in &warnings {
                tracing::warn!("{warning}");
            }
            *warned = warnings;
        }
    }
}

impl ConfigSource for PolicySource {
    fn read(&self) -> Result<SidecarConfig, String> {
        if is_standard_input(&self.path) {
            return Err(PolicyError::NotFollowed.to_string());
        }
        let chosen = load(&self.path, &self.choice).map_err(|error| error.to_string())?;
        self.warn(chosen.warnings);
        let Some(adjust) = &self.adjustment else { return Ok(chosen.entry.config) };
        let mut policy = chosen.entry.policy;
        adjust(&mut policy);
        let (config, _) = compile(&policy).map_err(|problems| {
            let remarks: Vec<Remark> = problems
                .into_iter()
                .map(|problem| Remark {
                    file: self.path.display().to_string(),
                    line: chosen.entry.line,
                    column: 1,
                    path: problem.path,
                    message: problem.message,
                })
                .collect();
            lines("error", &remarks)
        })?;
        Ok(config)
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
