//! Who asks the API server, and with what.

use anyhow::{Context, Result};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::pki::Pki;

/// Who a client is to the API server.
#[derive(Debug, Clone, Copy)]
pub enum Identity<'a> {
    /// May do everything: member of `system:masters`.
    Admin,
    /// A user whose rights come from role bindings alone.
    User(&'a str),
    /// A ServiceAccount, by the token that was requested for it.
    Token(&'a str),
}

impl Identity<'_> {
    /// The kubeconfig of the identity for the API server at `url`.
    pub(crate) fn kubeconfig(self, url: &str, pki: &Pki, namespace: &str) -> Result<Kubeconfig> {
        let user = match self {
            Self::Admin => certificate(pki, "admin", &["system:masters"])?,
            Self::User(name) => certificate(pki, name, &[])?,
            Self::Token(token) => json!({ "token": token }),
        };
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "test", "cluster": {
                "server": url,
                "certificate-authority": pki.file("ca.crt"),
            } }],
            "users": [{ "name": "test", "user": user }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test", "namespace": namespace } }],
            "current-context": "test",
        });
        serde_json::from_value(config).context("not a kubeconfig")
    }
}

/// The configuration of a client with that kubeconfig.
pub(crate) async fn client_config(kubeconfig: Kubeconfig) -> Result<Config> {
    Ok(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
}

fn certificate(pki: &Pki, user: &str, groups: &[&str]) -> Result<Value> {
    let pair = pki.client(user, groups)?;
    let data = |pem: String| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pem);
    Ok(json!({ "client-certificate-data": data(pair.certificate), "client-key-data": data(pair.key) }))
}
