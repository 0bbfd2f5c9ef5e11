//! The command line.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::LazyLock;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use riskgate_simulator::bankid_se::script::builtins;
use riskgate_simulator::bankid_se::{
    MethodNotAllowed, ParallelOrder, RequirementRisk, ScriptFile, Settings, UnknownMembers,
};
use riskgate_simulator::{
    BadClientCertificate, ClockMode, Options, Recording, ServerCertificate, TlsOptions, TlsVersions,
    Transport,
};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Stand-ins of Swedish BankID, OneSpan, TIC Identity, BankID Norway and a risk service of your own.
///
/// Each speaks real TLS, plays users who answer as scripted, and has its part of a control API for tests. Swedish BankID (the
/// RP API v6.0) and OneSpan always run, and require client certificates; the others where their address is given. When ready it
/// prints one line of JSON on stdout: the addresses. All else goes to stderr. SIGTERM and SIGINT end it.
#[derive(Debug, Parser)]
#[command(name = "riskgate-simulator", version, after_long_help = AFTER_HELP.as_str(), args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Address of the BankID SE API
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = LOOPBACK)]
    listen: SocketAddr,

    /// Address of TIC Identity's API and hub; left out, they are not served
    #[arg(long, value_name = "ADDRESS:PORT")]
    tic_identity: Option<SocketAddr>,
    /// Address of BankID Norway, its login and its security data; left out, they are not served
    #[arg(long, value_name = "ADDRESS:PORT")]
    bankid_no: Option<SocketAddr>,
    /// Address of a risk service of a platform team's own (riskgate's source http); left out, it is not served
    #[arg(long, value_name = "ADDRESS:PORT")]
    risk_service: Option<SocketAddr>,
    /// Address of OneSpan's API
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = LOOPBACK)]
    one_span: SocketAddr,

    /// Address of the control API: plain HTTP without any authentication, so leave it on loopback
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = LOOPBACK)]
    control: SocketAddr,

    /// Folder of the certificates; written when there are none. It is also what riskgate-sidecar --credentials takes
    #[arg(long, value_name = "DIR", required_unless_present = "plain_http")]
    pki: Option<PathBuf>,

    /// HTTP without TLS and client certificates
    #[arg(long, conflicts_with_all = ["pki", "server_names", "server_certificate", "client_cas", "bad_client_certificate", "tls"])]
    plain_http: bool,

    #[command(flatten)]
    tls: TlsArguments,

    /// What orders do: YAML with default, persons and next (see docs/simulator.md)
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,

    /// The clock that lifetimes follow; a manual one stands still until the control API moves it
    #[arg(long, value_enum, default_value_t)]
    clock: ClockMode,

    #[command(flatten)]
    settings: SettingsArguments,

    /// How many requests are recorded for the control API; 0 for none, which is best under load
    #[arg(long, value_name = "REQUESTS", default_value_t = Recording::default().requests)]
    record: usize,

    /// Threads that serve requests
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the certificates and end
    Pki {
        /// Folder to write into; one that holds certificates already is checked and left as it is
        #[arg(long, value_name = "DIR")]
        out: PathBuf,

        /// A further DNS name or address for the server certificate, such as simulator.staging.svc
        #[arg(long = "server-name", value_name = "NAME")]
        server_names: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct TlsArguments {
    /// A further DNS name or address for the server certificate, such as simulator.staging.svc
    #[arg(long = "server-name", value_name = "NAME")]
    server_names: Vec<String>,

    /// The server certificate to show; all but good must be refused by clients
    #[arg(long, value_enum, default_value_t)]
    server_certificate: ServerCertificate,

    /// PEM file with CAs of client certificates, instead of the PKI's own
    #[arg(long = "client-ca", value_name = "FILE")]
    client_cas: Vec<PathBuf>,

    /// What a client without an acceptable certificate gets
    #[arg(long, value_enum, default_value_t)]
    bad_client_certificate: BadClientCertificate,

    /// Versions of TLS to speak
    #[arg(long, value_enum, default_value_t)]
    tls: TlsVersions,
}

#[derive(Debug, Args)]
struct SettingsArguments {
    /// Members that the API does not know: 400, or ignored
    #[arg(long, value_enum, default_value_t)]
    unknown_members: UnknownMembers,

    /// requirement.risk: enforced as in 2024, ignored, or 400
    #[arg(long, value_enum, default_value_t)]
    requirement_risk: RequirementRisk,

    /// The body of a 405
    #[arg(long, value_enum, default_value_t)]
    method_not_allowed: MethodNotAllowed,

    /// What a second order for a personal number does to the first, beside being refused
    #[arg(long, value_enum, default_value_t)]
    parallel_order: ParallelOrder,

    /// The most orders kept; the oldest is forgotten beyond that
    #[arg(long, value_name = "N", default_value_t = Settings::default().max_orders)]
    max_orders: usize,
}

impl Arguments {
    /// What the simulator is started with.
    pub(crate) fn options(self) -> anyhow::Result<Options> {
        let Self {
            command: _,
            listen,
            tic_identity,
            bankid_no,
            risk_service,
            one_span,
            control,
            pki,
            plain_http,
            tls,
            script,
            clock,
            settings,
            record,
            threads: _,
        } = self;
        let transport = match pki {
            Some(pki) => Transport::Tls(tls.with(pki)),
            None if plain_http => Transport::Plain,
            None => bail!("write --pki DIR (it is created when it does not exist), or --plain-http"),
        };
        let scripts = match script {
            None => ScriptFile::default(),
            Some(path) => {
                let yaml = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                ScriptFile::parse(&yaml).with_context(|| path.display().to_string())?
            }
        };
        let recording = Recording { requests: record, ..Recording::default() };
        Ok(Options {
            listen,
            tic_identity,
            bankid_no,
            risk_service,
            one_span,
            control,
            transport,
            clock,
            scripts,
            settings: settings.into(),
            recording,
        })
    }
}

impl TlsArguments {
    fn with(self, pki: PathBuf) -> TlsOptions {
        let Self { server_names, server_certificate, client_cas, bad_client_certificate, tls } = self;
        TlsOptions {
            pki,
            server_names,
            server_certificate,
            client_cas,
            on_bad_client_certificate: bad_client_certificate,
            versions: tls,
        }
    }
}

impl From<SettingsArguments> for Settings {
    fn from(arguments: SettingsArguments) -> Self {
        let SettingsArguments {
            unknown_members,
            requirement_risk,
            method_not_allowed,
            parallel_order,
            max_orders,
        } = arguments;
        Self {
            unknown_members,
            requirement_risk,
            method_not_allowed,
            parallel_order,
            max_orders,
            ..Self::default()
        }
    }
}

static AFTER_HELP: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::from(
        "Personal numbers that decide what their orders do (in requirement.personalNumber, or personalNumber of phone\n\
         orders and other payments); a risk is told only where the request says returnRisk:\n\n",
    );
    for builtin in builtins() {
        text.push_str(&format!("  {}  {}\n", builtin.personal_number, builtin.about));
    }
    text.push_str(
        "\nOrders for anybody else, or for nobody, complete after three pending answers with risk low.\n\n\
         Try it:\n  \
         riskgate-simulator --pki pki --listen 127.0.0.1:8443 --control 127.0.0.1:8444\n  \
         curl --cacert pki/configmaps/bankid-roots/ca.crt --cert pki/secrets/bankid-rp/tls.crt \\\n    \
         --key pki/secrets/bankid-rp/tls.key https://localhost:8443/rp/v6.0/auth \\\n    \
         -H 'Content-Type: application/json' -d '{\"endUserIp\":\"192.0.2.1\",\"returnRisk\":true}'\n  \
         curl http://127.0.0.1:8444/          the control API lists itself",
    );
    text
});

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_transport_must_be_chosen() {
        assert!(Arguments::try_parse_from(["riskgate-simulator"]).is_err());
        assert!(Arguments::try_parse_from(["riskgate-simulator", "--plain-http", "--pki", "x"]).is_err());
        assert!(Arguments::try_parse_from(["riskgate-simulator", "--plain-http"]).is_ok());
    }
}
