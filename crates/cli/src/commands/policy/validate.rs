//! `riskgate policy validate`: everything that is wrong with policy files, at once.

use std::path::PathBuf;

use clap::Args;
use riskgate_api::file::{PolicyInFile, Remark, Report};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::{PolicyError, line, name_of, read, unreadable};

/// Tell everything that is wrong with policy files, at once
///
/// The same code as in the operator and its admission webhook: what passes here is admitted. Each line names file, line,
/// column, field, and what to write. Documents of other kinds are skipped, with a note.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   every policy can be used
  1   there are problems, or no policy at all; with --strict also: there are warnings
  2   the command line is wrong")]
pub(crate) struct ValidateArgs {
    /// Policies, YAML files of one or several documents; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is said of all files.
#[derive(Debug, Default, Serialize)]
struct Findings {
    /// The policies that can be used.
    policies: Vec<Usable>,
    problems: Vec<Remark>,
    warnings: Vec<Remark>,
    /// Documents that are no RiskPolicy.
    skipped: Vec<Remark>,
}

/// A policy that can be used.
#[derive(Debug, Serialize)]
struct Usable {
    file: String,
    /// The line that its document starts on.
    line: usize,
    namespace: String,
    name: String,
    /// The revision of its configuration, as decision records name it.
    revision: String,
}

impl Usable {
    fn new(file: &str, entry: &PolicyInFile) -> Self {
        let policy = &entry.config.policy;
        Self {
            file: file.to_owned(),
            line: entry.line,
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            revision: entry.config.revision(),
        }
    }
}

impl Findings {
    fn add(&mut self, file: &str, report: Result<Report, PolicyError>) {
        match report {
            Ok(report) => {
                self.policies.extend(report.policies.iter().map(|entry| Usable::new(file, entry)));
                self.problems.extend(report.problems);
                self.warnings.extend(report.warnings);
                self.skipped.extend(report.skipped);
            }
            Err(error) => {
                let reason = match error {
                    PolicyError::Unreadable { error, .. } => unreadable(&error),
                    other => other.to_string(),
                };
                let (file, path) = (file.to_owned(), String::new());
                self.problems.push(Remark { file, line: 1, column: 1, path, message: reason });
            }
        }
    }

    /// A file without any policy is a misspelt kind more often than a file that was meant to have none.
    fn expect_a_policy(&mut self, files: &[PathBuf]) {
        if self.policies.is_empty() && self.problems.is_empty() {
            let message = "no RiskPolicy in any file; one begins with apiVersion: riskgate.dev/v1alpha1, kind: RiskPolicy";
            self.problems.push(Remark {
                file: files.first().map_or_else(String::new, |file| name_of(file)),
                line: 1,
                column: 1,
                path: String::new(),
                message: message.to_owned(),
            });
        }
    }

    fn exit(&self, strict: bool) -> Exit {
        let clean = self.problems.is_empty() && (!strict || self.warnings.is_empty());
        if clean { Exit::Fine } else { Exit::No }
    }

    /// Remarks in the order of the files and their lines, and a summary.
    fn text(&self, files: &[PathBuf]) -> String {
        let mut remarks: Vec<(&str, &Remark)> = Vec::new();
        for (severity, told) in
            [("error", &self.problems), ("warning", &self.warnings), ("note", &self.skipped)]
        {
            remarks.extend(told.iter().map(|remark| (severity, remark)));
        }
        let place = |file: &str| files.iter().position(|known| name_of(known) == file);
        remarks.sort_by_key(|(_, remark)| (place(&remark.file), remark.line, remark.column));
        let mut text = String::new();
        for (severity, remark) in remarks {
            text.push_str(&line(severity, remark));
            text.push('\n');
        }
        let usable = match self.policies.len() {
            1 => "1 policy can be used".to_owned(),
            number => format!("{number} policies can be used"),
        };
        let (errors, warnings) = (count(self.problems.len(), "error"), count(self.warnings.len(), "warning"));
        text.push_str(&format!("{}, {usable}: {errors}, {warnings}\n", count(files.len(), "file")));
        text
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

pub(super) fn run(args: ValidateArgs) -> Result<Exit, Failure> {
    let ValidateArgs { files, strict, output } = args;
    let mut findings = Findings::default();
    for file in &files {
        findings.add(&name_of(file), read(file));
    }
    findings.expect_a_policy(&files);
    match output.output {
        Form::Text => print(&findings.text(&files))?,
        Form::Json => print_json(&findings)?,
    }
    Ok(findings.exit(strict))
}
