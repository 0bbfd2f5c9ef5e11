//! The pods of manifests, what is told about each, and the manifests as they are printed in the end.

use clap::{Args, ValueEnum};
use riskgate_api::file::{Content, Node, Position, Remark};
use riskgate_inject::workload::{PodPlace, pods};
use serde_json::Value;

use crate::manifest::{Change, Manifests, as_json, as_yaml};
use crate::output;
use crate::policy_file::line;

/// In which form manifests are printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct OutputArgs {
    /// Write every document anew in this form, without comments; by default each stays as it is written
    #[arg(long, short, value_enum, value_name = "FORM")]
    pub(crate) output: Option<Form>,
}

/// The form of manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// YAML documents
    Yaml,
    /// One line of JSON for each document
    Json,
}

/// A pod in a file of manifests.
pub(crate) struct Workload<'a> {
    /// The document that it is in.
    pub(crate) document: usize,
    pub(crate) place: PodPlace,
    pub(crate) pod: &'a Value,
    /// Where the pod begins in the file.
    at: Position,
}

/// What is told beside the manifests: how bad it is, and what.
pub(crate) type Told = Vec<(&'static str, Remark)>;

/// Every pod of a file, with notes of what was passed over.
pub(crate) fn workloads<'a>(manifests: &'a Manifests, notes: &mut Told) -> Vec<Workload<'a>> {
    let mut all = Vec::new();
    for (document, manifest) in manifests.documents.iter().enumerate() {
        let found = pods(&manifest.value);
        for (kind, name) in found.unknown {
            let message = format!(
                "{kind}/{name}: left as it is: it looks as if it had pods, but riskgate does not know the kind; the webhook injects them"
            );
            notes.push(("warning", remark(manifests, manifest.position(&manifest.root), message)));
        }
        for place in found.places {
            let pod = manifest.value.pointer(place.pointer.as_str()).unwrap_or(&Value::Null);
            let at = manifest.position(nearest(&manifest.root, place.pointer.as_str()));
            all.push(Workload { document, place, pod, at });
        }
    }
    if all.is_empty() {
        let at = Position { line: 1, column: 1 };
        notes.push(("warning", remark(manifests, at, "no pod and no workload is in it".to_owned())));
    }
    all
}

impl Workload<'_> {
    /// What is to be done in it.
    pub(crate) fn change(&self, operations: json_patch::Patch) -> Change {
        Change { document: self.document, pointer: self.place.pointer.clone(), operations }
    }

    /// Something to be said about the pod.
    pub(crate) fn remark(&self, manifests: &Manifests, message: &str) -> Remark {
        let message = format!("{}/{}: {message}", self.place.kind, self.place.name);
        remark(manifests, self.at, message)
    }
}

fn remark(manifests: &Manifests, at: Position, message: String) -> Remark {
    Remark { file: manifests.file.clone(), line: at.line, column: at.column, path: String::new(), message }
}

/// The value at a place, or the nearest one around it.
fn nearest<'a>(root: &'a Node, pointer: &str) -> &'a Node {
    let mut node = root;
    for token in pointer.split('/').skip(1) {
        let next = match &node.content {
            Content::Map(_) => node.get(token).map(|entry| &entry.value),
            Content::List(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            Content::Scalar { .. } => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

/// Prints manifests with changes made, and then what is to be told.
pub(crate) fn print(
    manifests: &Manifests,
    changes: &[Change],
    mut told: Told,
    args: OutputArgs,
) -> anyhow::Result<()> {
    let changed = manifests.change(changes)?;
    let text = match args.output {
        None => {
            for index in &changed.rewritten {
                let message = "the document could not be changed in its own text, and was written anew without comments";
                let at = manifests
                    .documents
                    .get(*index)
                    .map_or(Position { line: 1, column: 1 }, |it| it.position(&it.root));
                told.push(("warning", remark(manifests, at, message.to_owned())));
            }
            changed.text
        }
        Some(Form::Yaml) => changed.values.iter().map(as_yaml).collect::<Vec<_>>().join("---\n"),
        Some(Form::Json) => changed.values.iter().map(as_json).collect(),
    };
    output::print(&text)?;
    told.sort_by_key(|(_, remark)| (remark.line, remark.column));
    for (severity, remark) in &told {
        eprintln!("{}", line(severity, remark));
    }
    Ok(())
}
