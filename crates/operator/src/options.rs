//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use riskgate_inject::InjectorOptions;
use tracing::level_filters::LevelFilter;

use crate::certificates::Terms;
use crate::controller::Widened;
use crate::log::Format;
use crate::names::WEBHOOK_SERVICE;

/// The shortest Lease that leaves time to renew it.
const SHORTEST_LEASE: Duration = Duration::from_secs(3);
/// The shortest time between two looks at the same Secrets.
const SHORTEST_VERIFY: Duration = Duration::from_secs(1);

/// Reconciles RiskPolicy resources into the configuration that bound pods mount, injects the sidecar into pods, and judges
/// policies when they are written.
///
/// When its ports listen it prints one JSON line on standard output; its log goes to standard error. The first SIGTERM drains it
/// and vacates the Lease, the second ends it at once. Exit codes: 0 drained, 1 failed or cut short.
#[derive(Debug, Parser)]
#[command(name = "riskgate-operator", version)]
pub struct Options {
    /// The namespace that it runs in, where its Lease and its CA are.
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: String,
    /// This replica's name, as Lease and Events tell it.
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub identity: String,
    /// Where health and metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:8080")]
    pub admin_address: SocketAddr,
    /// The Lease whose holder writes.
    #[arg(long, value_name = "NAME", default_value = "riskgate-operator")]
    pub lease: String,
    /// How long the other replicas wait after the holder's last sign, such as 15s.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = lease_duration)]
    pub lease_duration: Duration,
    /// What every sidecar is injected with, as YAML or JSON: `image`, which has no default, and `imagePullPolicy`, `runAs`,
    /// `resources`, `probes`.
    #[arg(long, env = "RISKGATE_SIDECAR", value_name = "YAML", value_parser = sidecar)]
    pub sidecar: InjectorOptions,
    /// Annotate bound pods after a change, so that their kubelets refresh what is mounted within seconds. It needs the right to
    /// patch pods.
    #[arg(long)]
    pub nudge_pods: bool,
    /// Look at the Secrets and ConfigMaps that policies name, and tell in their conditions which are missing or cannot be used. It
    /// needs the right to get Secrets.
    #[arg(long)]
    pub verify_secret_refs: bool,
    /// How often a policy's Secrets and ConfigMaps are looked at; those that cannot be used, six times as often.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = verify_every)]
    pub verify_every: Duration,
    /// The webhooks.
    #[command(flatten)]
    pub webhook: WebhookOptions,
    /// How log lines look.
    #[arg(long, value_enum, default_value = "json")]
    pub log_format: Format,
    /// How much is logged: error, warn, info, debug.
    #[arg(long, default_value = "info")]
    pub log_level: LevelFilter,
}

impl Options {
    /// What it does beyond its least rights.
    #[must_use]
    pub fn widened(&self) -> Widened {
        let verify_every = self.verify_secret_refs.then_some(self.verify_every);
        Widened { nudges: self.nudge_pods, verify_every }
    }
}

/// How the API server reaches the webhooks, and by which certificates it trusts them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookOptions {
    /// Where the API server's questions are answered.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:9443")]
    pub webhook_address: SocketAddr,
    /// The names and addresses by which the API server calls, in the certificate. Without one: riskgate-webhook.NAMESPACE.svc.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub webhook_host: Vec<String>,
    /// The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration into which the CA is written.
    #[arg(long, value_name = "NAME", default_value = "riskgate")]
    pub webhook_configuration: String,
    /// Where the certificate comes from.
    #[arg(long, value_enum, default_value = "self")]
    pub certificates: Certificates,
    /// The Secret with the CA, which is made where there is none; or with the certificate, such as cert-manager keeps it.
    #[arg(long, value_name = "NAME", default_value = "riskgate-webhook-ca")]
    pub certificate_secret: String,
    /// How long a CA of our own is used. The next takes over in time.
    #[arg(long, value_name = "TIME", default_value = "365d", value_parser = humantime::parse_duration)]
    pub ca_lifetime: Duration,
    /// How long a replica's certificate of our own holds. It is made anew after two thirds.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub leaf_lifetime: Duration,
    /// How long every API server has to learn of the next CA before certificates are signed with it.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = humantime::parse_duration)]
    pub ca_overlap: Duration,
}

impl WebhookOptions {
    /// The names and addresses by which the API server calls.
    #[must_use]
    pub fn hosts(&self, namespace: &str) -> Vec<String> {
        if self.webhook_host.is_empty() {
            return vec![format!("{WEBHOOK_SERVICE}.{namespace}.svc")];
        }
        self.webhook_host.clone()
    }

    /// How long certificates of our own hold.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { authority: self.ca_lifetime, leaf: self.leaf_lifetime, overlap: self.ca_overlap }
    }
}

/// Where the certificate of the webhooks comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Certificates {
    /// The operator keeps a CA in a Secret, and writes it into the webhook configurations.
    #[value(name = "self")]
    Own,
    /// Somebody else keeps a Secret with `tls.crt` and `tls.key`, and the webhook configurations' `caBundle`.
    ExistingSecret,
}

fn lease_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration < SHORTEST_LEASE || duration.subsec_nanos() > 0 {
        return Err(format!("write whole seconds, {SHORTEST_LEASE:?} at least"));
    }
    Ok(duration)
}

fn verify_every(text: &str) -> Result<Duration, String> {
    let every = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if every < SHORTEST_VERIFY {
        return Err(format!(
            "write {SHORTEST_VERIFY:?} at least: each look asks the API server for every Secret"
        ));
    }
    Ok(every)
}

fn sidecar(text: &str) -> Result<InjectorOptions, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_lease_can_be_renewed_in_time() {
        assert_eq!(lease_duration("3s"), Ok(Duration::from_secs(3)));
        for text in ["1s", "3500ms", "soon"] {
            assert!(lease_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_is_asked_for_in_a_loop() {
        assert_eq!(verify_every("60s"), Ok(Duration::from_secs(60)));
        for text in ["0s", "999ms", "soon"] {
            assert!(verify_every(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sidecar_is_set_as_far_as_one_likes() {
        assert_eq!(sidecar("image: riskgate"), Ok(InjectorOptions::new("riskgate")));
        let set = r#"{"image": "riskgate", "runAs": null, "resources": {"cpuRequest": "1"},
            "probes": {"startup": {"periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 9}}}"#;
        let set = sidecar(set).unwrap();
        let default = InjectorOptions::new("riskgate");
        assert_eq!(set.run_as, None);
        assert_eq!(set.resources.memory_limit, default.resources.memory_limit);
        assert_ne!(set.resources.cpu_request, default.resources.cpu_request);
        assert_eq!(set.probes.startup.failure_threshold, 9);
        assert_eq!(set.probes.liveness, default.probes.liveness);
        for text in ["{}", "image: riskgate\nimages: x", "image: riskgate\nresources: { cpu: 1 }"] {
            assert!(sidecar(text).is_err(), "{text}");
        }
    }
}
