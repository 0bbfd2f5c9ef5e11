//! The volumes of the sidecar, mounted into it alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::bindings::Bindings;
use crate::names::{
    CONFIG_KEY, DATABASES_PATH, DATABASES_VOLUME, MOUNT_PATH, NO_TOKEN_VOLUME, TOKEN_PATH, VOLUME, config_map,
};

/// Readable by the sidecar whatever user it runs as; the volume is mounted into no other container.
const MODE: u32 = 0o444;

/// The volumes, in the order in which they are added.
pub(crate) fn of(bindings: &Bindings) -> Vec<Value> {
    [projected(bindings), no_token()].into_iter().chain(databases(bindings)).collect()
}

/// Claims with databases, read-only. Unlike a Secret a claim cannot be optional: a pod waits for one that does not exist.
fn databases(bindings: &Bindings) -> impl Iterator<Item = Value> + '_ {
    bindings.databases.iter().enumerate().map(|(index, claim)| {
        let claim = json!({ "claimName": claim, "readOnly": true });
        json!({ "name": format!("{DATABASES_VOLUME}{index}"), "persistentVolumeClaim": claim })
    })
}

/// Where the sidecar has the volumes.
pub(crate) fn mounts(bindings: &Bindings) -> Vec<Value> {
    let mount = |name: &str, path: &str| json!({ "name": name, "mountPath": path, "readOnly": true });
    let databases = bindings.databases.iter().enumerate().map(|(index, claim)| {
        mount(&format!("{DATABASES_VOLUME}{index}"), &format!("{DATABASES_PATH}/{claim}"))
    });
    [mount(VOLUME, MOUNT_PATH), mount(NO_TOKEN_VOLUME, TOKEN_PATH)].into_iter().chain(databases).collect()
}

/// Configuration and credentials: `config.v1.yaml`, `secrets/NAME/KEY`, `configmaps/NAME/KEY`.
///
/// A credential may be missing, and the sidecar then says so and ends; a pod that waits for its volume says nothing. The
/// configuration may not: it follows its policy within moments, and should it ever go, what is mounted must stay, so that
/// running containers can restart.
fn projected(bindings: &Bindings) -> Value {
    let own = json!({ "configMap": {
        "name": config_map(&bindings.policy),
        "items": [{ "key": CONFIG_KEY, "path": CONFIG_KEY }],
    } });
    let sources = std::iter::once(own)
        .chain(optional("secret", "secrets", &bindings.secrets))
        .chain(optional("configMap", "configmaps", &bindings.config_maps));
    json!({ "name": VOLUME, "projected": { "sources": sources.collect::<Vec<_>>(), "defaultMode": MODE } })
}

fn optional<'a>(
    kind: &'a str,
    folder: &'a str,
    of: &'a BTreeMap<String, BTreeSet<String>>,
) -> impl Iterator<Item = Value> + 'a {
    of.iter().map(move |(name, keys)| {
        let items: Vec<Value> =
            keys.iter().map(|key| json!({ "key": key, "path": format!("{folder}/{name}/{key}") })).collect();
        json!({ kind: { "name": name, "items": items, "optional": true } })
    })
}

/// Lies over the service account's token. In memory, since pods with volumes on a node's disk keep the cluster autoscaler
/// from emptying nodes.
fn no_token() -> Value {
    json!({ "name": NO_TOKEN_VOLUME, "emptyDir": { "medium": "Memory", "sizeLimit": "1Mi" } })
}
