//! `riskgate uninject`: manifests without what injection gave their pods.

use std::path::PathBuf;

use clap::Args;
use riskgate_api::file::Remark;
use riskgate_inject::{Pod, uninject};

use crate::exit::{Exit, Failure};
use crate::manifest::Manifests;
use crate::policy_file::lines;
use crate::workloads::{OutputArgs, print, workloads};

/// Take the sidecar out of the pods of manifests
///
/// What `riskgate inject` made of a manifest becomes that manifest again, comments included. What was written by hand stays, such
/// as the annotation riskgate.dev/policy: where a webhook runs, it injects such a pod anew.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the manifests were printed
  1   the manifests cannot be read; nothing was printed
  2   the command line is wrong")]
pub(crate) struct UninjectArgs {
    /// Manifests, YAML or JSON; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

/// Why nothing was taken out.
#[derive(Debug, thiserror::Error)]
#[error("not every pod can be read, and nothing was printed\n{}", lines("error", .0))]
struct Unreadable(Vec<Remark>);

pub(super) fn run(args: &UninjectArgs) -> Result<Exit, Failure> {
    let manifests = Manifests::read(&args.file)?;
    let (mut changes, mut unreadable, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for workload in workloads(&manifests, &mut notes) {
        match Pod::new(workload.pod) {
            Ok(pod) => {
                let operations = uninject(&pod);
                let did = if operations.is_empty() { "carries nothing of riskgate's" } else { "uninjected" };
                notes.push(("note", workload.remark(&manifests, did)));
                changes.push(workload.change(operations));
            }
            Err(notice) => unreadable.push(workload.remark(&manifests, &notice.message)),
        }
    }
    if !unreadable.is_empty() {
        return Err(Unreadable(unreadable).into());
    }
    print(&manifests, &changes, notes, args.output)?;
    Ok(Exit::Fine)
}
