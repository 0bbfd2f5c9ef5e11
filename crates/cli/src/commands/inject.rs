//! `riskgate inject`: manifests as the webhook would have their pods.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use riskgate_api::file::Remark;
use riskgate_inject::{Bindings, Decision, InjectorOptions, Namespace, Pod, Refusal, decide, inject, names};

use crate::exit::{Exit, Failure};
use crate::manifest::{Change, Manifests};
use crate::policy_file::{Choice, PolicyError, lines, read};
use crate::workloads::{OutputArgs, Workload, print, workloads};

/// Put the sidecar into the pods of manifests, as the webhook does it; no cluster needed
///
/// Pods, Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs, PodTemplates and lists of
/// them. Everything else comes out as it went in, comments included, and so does what is injected already. A pod without the
/// annotation riskgate.dev/policy is bound to the one policy, or to the one of --name.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the manifests were printed
  1   a pod is refused, or the manifests cannot be read; nothing was printed
  2   the command line is wrong
  78  the policy cannot be used")]
pub(crate) struct InjectArgs {
    /// The policy, a YAML file
    #[arg(long, value_name = "POLICY.yaml")]
    policy: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// The namespace of the pods, and of the policy; by default the policy's
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// The sidecar's image
    #[arg(long, value_name = "IMAGE", default_value = concat!("riskgate-sidecar:", env!("CARGO_PKG_VERSION")))]
    image: String,
    /// Leave out pods with the annotation riskgate.dev/inject: disabled, as in a namespace that allows it
    #[arg(long)]
    allow_opt_out: bool,
    /// Manifests, YAML or JSON; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

/// Why nothing was injected.
#[derive(Debug, thiserror::Error)]
enum InjectError {
    #[error("not every pod can be injected, and nothing was printed\n{}", lines("error", .0))]
    Refused(Vec<Remark>),
    #[error("policy and manifests would both be standard input; write a file for one of them")]
    OneInput,
    #[error("policy {name} is of namespace {of}; write --namespace {of}, or leave it out")]
    OtherNamespace { name: String, of: String },
}

/// The policies that pods can be bound to, all of one namespace.
struct Policies {
    namespace: String,
    bindings: BTreeMap<String, Bindings>,
    /// The namespace's labels, as they would have to be for the same to happen in a cluster.
    labels: BTreeMap<String, String>,
}

/// What is to be done in one pod, or why nothing is.
enum Outcome {
    Change(Change, String),
    Note(String),
}

pub(super) fn run(args: &InjectArgs) -> Result<Exit, Failure> {
    if args.policy == args.file {
        return Err(Failure::usage(InjectError::OneInput));
    }
    let policies = Policies::read(args)?;
    let options = InjectorOptions::new(args.image.as_str());
    let manifests = Manifests::read(&args.file)?;
    let (mut changes, mut refused, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for workload in workloads(&manifests, &mut notes) {
        let remark = |message: &str| workload.remark(&manifests, message);
        let mut warnings = Vec::new();
        match policies.inject(&workload, &options, &mut warnings) {
            Ok(Outcome::Change(change, note)) => {
                notes.push(("note", remark(&note)));
                notes.extend(warnings.into_iter().map(|warning| ("warning", remark(&warning))));
                changes.push(change);
            }
            Ok(Outcome::Note(note)) => notes.push(("note", remark(&note))),
            Err(refusal) => refused.extend(refusal.notices().iter().map(|it| remark(&it.message))),
        }
    }
    if !refused.is_empty() {
        return Err(InjectError::Refused(refused).into());
    }
    print(&manifests, &changes, notes, args.output)?;
    Ok(Exit::Fine)
}

impl Policies {
    fn read(args: &InjectArgs) -> Result<Self, Failure> {
        let file = args.policy.display().to_string();
        let report = read(&args.policy).map_err(Failure::configuration)?;
        if !report.problems.is_empty() {
            return Err(Failure::configuration(PolicyError::Problems(report.problems)));
        }
        let Some(first) = report.policies.first() else {
            return Err(Failure::configuration(PolicyError::None { file }));
        };
        let own = |entry: &riskgate_api::file::PolicyInFile| entry.policy.metadata.namespace.clone();
        let namespace = args.namespace.clone().or_else(|| own(first));
        let namespace = namespace.unwrap_or_else(|| first.config.policy.namespace.clone());
        let mut bindings = BTreeMap::new();
        for entry in &report.policies {
            let name = entry.config.policy.name.clone();
            match own(entry).filter(|of| *of != namespace) {
                Some(of) => return Err(Failure::usage(InjectError::OtherNamespace { name, of })),
                None => {
                    let bound = Bindings::of(&namespace, &name, &entry.policy.spec);
                    let bound = bound.map_err(|notice| Failure::configuration(Refusal::from(notice)))?;
                    bindings.insert(name, bound);
                }
            }
        }
        let default = match &args.choice.name {
            Some(name) if !bindings.contains_key(name) => {
                let names = bindings.into_keys().collect::<Vec<_>>().join(", ");
                return Err(Failure::usage(PolicyError::NoSuch { file, name: name.clone(), names }));
            }
            Some(name) => Some(name.clone()),
            None => bindings.keys().next().filter(|_| bindings.len() == 1).cloned(),
        };
        let opt_out = args.allow_opt_out.then(|| (names::OPT_OUT.to_owned(), "allowed".to_owned()));
        let labels =
            default.map(|name| (names::POLICY.to_owned(), name)).into_iter().chain(opt_out).collect();
        Ok(Self { namespace, bindings, labels })
    }

    fn inject(
        &self,
        workload: &Workload<'_>,
        options: &InjectorOptions,
        warnings: &mut Vec<String>,
    ) -> Result<Outcome, Refusal> {
        let Self { namespace, bindings, labels } = self;
        if let Some(other) = workload.place.namespace.as_ref().filter(|it| *it != namespace) {
            return Ok(Outcome::Note(format!(
                "left as it is: its namespace is {other}, and the policy's {namespace}"
            )));
        }
        let pod = Pod::new(workload.pod)?;
        let wanted = match decide(&pod, &Namespace { name: namespace, labels })? {
            Decision::Skip(notice) => return Ok(Outcome::Note(format!("left as it is: {notice}"))),
            Decision::Inject(wanted) => wanted,
        };
        let Some(bound) = bindings.get(&wanted.policy) else {
            let existing: Vec<&str> = bindings.keys().map(String::as_str).collect();
            return Err(wanted.unknown(namespace, &existing));
        };
        let patch = inject(&pod, &wanted, bound, options)?;
        warnings.extend(patch.warnings.iter().map(ToString::to_string));
        let did = if patch.operations.is_empty() { "injected already" } else { "injected" };
        let note = format!("{did}, policy {namespace}/{}", wanted.policy);
        Ok(Outcome::Change(workload.change(patch.operations), note))
    }
}
