//! Policy files: YAML of one or several documents, read with every problem at its place.
//!
//! ```text
//! text ─► yaml (values with places) ─► shape (along the CRD's schema) ─► compile ─► report
//! ```

mod document;
mod fault;
mod identity;
mod node;
mod offsets;
mod place;
mod report;
mod scalar;
mod shape;
mod wording;
mod yaml;

use std::collections::HashMap;

use kube::ResourceExt;

pub use node::{Content, Entry, Mistake, Node, Position, Style};
pub use report::{PolicyInFile, Remark, Report};
pub use yaml::{Document, documents};

use document::Reading;

/// Reads every RiskPolicy in a file, also those within a `List`. Documents of other kinds are skipped, with a note. It
/// never fails: what is wrong stands in the report, all at once.
///
/// `file` is only repeated in the report.
#[must_use]
pub fn parse(file: &str, text: &str) -> Report {
    let mut reader = Reader { file, report: Report::default(), names: HashMap::new() };
    let (documents, end) = yaml::documents(text);
    for Document { root, mistakes } in documents {
        if !root.is_null() {
            reader.read(&root, mistakes);
        }
    }
    if let Some(mistake) = end {
        let remark = reader.remark(mistake);
        reader.report.problems.push(remark);
    }
    reader.report
}

struct Reader<'a> {
    file: &'a str,
    report: Report,
    /// The line of each policy, by namespace and name.
    names: HashMap<(Option<String>, String), usize>,
}

impl Reader<'_> {
    fn read(&mut self, root: &Node, mut mistakes: Vec<Mistake>) {
        if let Some(items) = items(root) {
            // What is doubled in a list is told once, beside its items.
            self.refuse(mistakes);
            return items.iter().for_each(|item| self.read(item, Vec::new()));
        }
        match document::read(root) {
            Reading::Skipped(note) => {
                let remark = self.remark(note);
                self.report.skipped.push(remark);
            }
            Reading::Refused(refused) => {
                mistakes.extend(refused);
                self.refuse(mistakes);
            }
            Reading::Policy(read, warnings) => {
                let (policy, config) = *read;
                let name = (policy.namespace(), policy.name_any());
                if let Some(line) = self.names.insert(name, root.at.line) {
                    let message = format!(
                        "the policy of this name in line {line} would be replaced; write another name"
                    );
                    mistakes.push(Mistake { at: root.at, path: "metadata.name".to_owned(), message });
                }
                if mistakes.is_empty() {
                    let warnings = self.remarks(warnings);
                    self.report.warnings.extend(warnings);
                    self.report.policies.push(PolicyInFile { line: root.at.line, policy, config });
                }
                self.refuse(mistakes);
            }
        }
    }

    fn refuse(&mut self, mistakes: Vec<Mistake>) {
        let problems = self.remarks(mistakes);
        self.report.problems.extend(problems);
    }

    /// In the order of the file, whatever order they were found in.
    fn remarks(&self, mut mistakes: Vec<Mistake>) -> Vec<Remark> {
        mistakes.sort_by_key(|mistake| (mistake.at.line, mistake.at.column));
        mistakes.into_iter().map(|mistake| self.remark(mistake)).collect()
    }

    fn remark(&self, Mistake { at, path, message }: Mistake) -> Remark {
        Remark { file: self.file.to_owned(), line: at.line, column: at.column, path, message }
    }
}

/// The items of a Kubernetes `List`, as `kubectl get -o yaml` prints several objects.
fn items(root: &Node) -> Option<&[Node]> {
    let kind = root.get("kind")?.value.text()?;
    match (&root.get("items")?.value.content, kind) {
        (Content::List(items), "List" | "RiskPolicyList") => Some(items),
        _ => None,
    }
}
