//! Policy files as commands take them: read, checked, and one policy chosen.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use riskgate_api::file::{PolicyInFile, Remark, Report, parse};

/// Which policy of a file is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Choice {
    /// The policy to take, where the file holds several
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// A policy with the credentials that it names, for commands that use both.
#[derive(Debug, Clone, Args)]
pub(crate) struct PolicyArgs {
    /// The policy, a YAML file
    #[arg(long, value_name = "POLICY.yaml")]
    pub(crate) policy: PathBuf,
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Credentials: DIR/secrets/NAME/KEY and DIR/configmaps/NAME/KEY
    #[arg(long, value_name = "DIR")]
    pub(crate) credentials: PathBuf,
}

/// Why no policy could be taken from a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("{}: {}", file.display(), unreadable(error))]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("the policy cannot be used\n{}", lines("error", .0))]
    Problems(Vec<Remark>),
    /// Followed files are read again and again.
    #[error("standard input cannot be followed; write the policy to a file, and name that")]
    NotFollowed,
    #[error(
        "{file}: no RiskPolicy in it; one begins with apiVersion: riskgate.dev/v1alpha1, kind: RiskPolicy"
    )]
    None { file: String },
    #[error("{file}: holds several policies; write --name with one of: {names}")]
    Several { file: String, names: String },
    #[error("{file}: no policy is named {name:?}; write --name with one of: {names}")]
    NoSuch { file: String, name: String, names: String },
}

/// A policy with what is to be said about it.
pub(crate) struct Chosen {
    pub(crate) entry: PolicyInFile,
    /// What is legal in its file, but unwise.
    pub(crate) warnings: Vec<Remark>,
}

/// Why a file cannot be read, and what to write where that is known.
pub(crate) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::IsADirectory => "is a folder; write the files in it".to_owned(),
        io::ErrorKind::InvalidData => "is not text in UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a path stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// How remarks name a file.
pub(crate) fn name_of(path: &Path) -> String {
    if is_standard_input(path) { "stdin".to_owned() } else { path.display().to_string() }
}

/// Reads a file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Report, PolicyError> {
    let standard_input = is_standard_input(path);
    let text = if standard_input { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(path) };
    let name = name_of(path);
    match text {
        Ok(text) => Ok(parse(&name, &text)),
        Err(error) => Err(PolicyError::Unreadable { file: name.into(), error }),
    }
}

/// Reads a file and takes the policy that is meant. Any problem anywhere in the file refuses it: half a file is never
/// what its author had in mind.
pub(crate) fn load(path: &Path, choice: &Choice) -> Result<Chosen, PolicyError> {
    let Report { mut policies, problems, warnings, .. } = read(path)?;
    if !problems.is_empty() {
        return Err(PolicyError::Problems(problems));
    }
    let file = name_of(path);
    let names: Vec<String> = policies.iter().map(|entry| entry.config.policy.name.clone()).collect();
    let index = match &choice.name {
        None if names.len() > 1 => return Err(PolicyError::Several { file, names: names.join(", ") }),
        None => Some(0),
        Some(wanted) => names.iter().position(|name| name == wanted),
    };
    match (index, &choice.name) {
        (Some(index), _) if index < policies.len() => {
            Ok(Chosen { entry: policies.swap_remove(index), warnings })
        }
        (_, Some(name)) if !names.is_empty() => {
            Err(PolicyError::NoSuch { file, name: name.clone(), names: names.join(", ") })
        }
        _ => Err(PolicyError::None { file }),
    }
}

/// Remarks one a line.
pub(crate) fn lines(severity: &str, remarks: &[Remark]) -> String {
    remarks.iter().map(|remark| line(severity, remark)).collect::<Vec<_>>().join("\n")
}

/// A remark as compilers write it: `FILE:LINE:COLUMN: error: FIELD: MESSAGE`.
pub(crate) fn line(severity: &str, remark: &Remark) -> String {
    let Remark { file, line, column, path, message } = remark;
    let field = if path.is_empty() { String::new() } else { format!("{path}: ") };
    format!("{file}:{line}:{column}: {severity}: {field}{message}")
}

/// Tells warnings on standard error.
pub(crate) fn warn(warnings: &[Remark]) {
    if !warnings.is_empty() {
        eprintln!("{}", lines("warning", warnings));
    }
}
