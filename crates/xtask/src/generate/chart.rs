//! What the chart has from elsewhere: the CRD, the schema of its values, and the table of them in its README.

mod values;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Output;
use crate::tree::Tree;
use values::Values;

const FOLDER: &str = "charts/riskgate";
/// Between these lines of the README stands the table.
const BEGIN: &str = "<!-- values -->\n";
const END: &str = "<!-- end -->\n";

/// The generated files of the chart; `crd` is a file's name and content.
pub(super) fn outputs(tree: &Tree, crd: (&str, &str)) -> Result<Vec<Output>> {
    let schema = schema();
    let text = tree.read(&Path::new(FOLDER).join("values.yaml"))?;
    // No field is optional: what one of the two has and the other has not fails here.
    let values: Values = serde_yaml::from_str(&text).context("values.yaml is not as its types have it")?;
    let defaults = serde_json::to_value(values)?;
    let mut table = "| value | default | what it is |\n|---|---|---|\n".to_owned();
    rows(&mut table, "", &schema, &schema, &defaults)?;

    let readme = Path::new(FOLDER).join("README.md");
    let text = tree.read(&readme)?;
    let (head, rest) = text.split_once(BEGIN).with_context(|| format!("{}: no {BEGIN}", readme.display()))?;
    let (_, tail) = rest.split_once(END).with_context(|| format!("{}: no {END}", readme.display()))?;
    Ok(vec![
        Output {
            path: Path::new(FOLDER).join("values.schema.json"),
            content: format!("{}\n", serde_json::to_string_pretty(&schema)?),
        },
        Output { path: Path::new(FOLDER).join("files/crds").join(crd.0), content: crd.1.to_owned() },
        Output { path: readme, content: format!("{head}{BEGIN}\n{table}\n{END}{tail}") },
    ])
}

/// The schema of the values. Nothing is required: what a user leaves out is as in `values.yaml`.
fn schema() -> Value {
    let mut schema = schemars::schema_for!(Values).to_value();
    schema["title"] = json!("Values of riskgate's chart");
    let parts = schema["$defs"].as_object_mut().into_iter().flatten();
    // An entry of a list has no default.
    let parts = parts.filter(|(name, _)| *name != "SecretName").map(|(_, part)| part);
    for part in parts.filter_map(Value::as_object_mut) {
        part.remove("required");
    }
    if let Some(whole) = schema.as_object_mut() {
        whole.remove("required");
    }
    schema
}

/// A row a value, those of objects of their own one by one.
fn rows(table: &mut String, path: &str, root: &Value, schema: &Value, defaults: &Value) -> Result<()> {
    let defaults = defaults.as_object().with_context(|| format!("{path} is no mapping"))?;
    for (name, default) in defaults {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let field = &schema["properties"][name];
        ensure!(field.is_object(), "{path}: not in the schema");
        let resolved = match field["$ref"].as_str() {
            Some(reference) => root.pointer(reference.trim_start_matches('#')).context("a broken $ref")?,
            None => field,
        };
        if resolved["properties"].is_object() {
            rows(table, &path, root, resolved, default)?;
        } else {
            let about = field["description"].as_str().with_context(|| format!("{path}: no description"))?;
            table.push_str(&format!(
                "| `{path}` | `{default}` | {} |\n",
                about.replace('|', "\\|").replace('\n', " ")
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object of ours refuses what it does not know; maps of Kubernetes' own are open.
    fn closed(path: &str, schema: &Value) {
        match schema {
            Value::Object(members) => {
                if members.get("properties").is_some_and(Value::is_object) {
                    assert_eq!(members.get("additionalProperties"), Some(&json!(false)), "{path}");
                    assert_eq!(members.get("description").map(Value::is_string), Some(true), "{path}");
                }
                members.iter().for_each(|(name, member)| closed(&format!("{path}/{name}"), member));
            }
            Value::Array(items) => items.iter().for_each(|item| closed(path, item)),
            _ => {}
        }
    }

    #[test]
    fn typing_errors_are_refused_everywhere() {
        closed("", &schema());
    }

    #[test]
    fn no_value_must_be_written() {
        assert_eq!(schema().get("required"), None);
    }
}
