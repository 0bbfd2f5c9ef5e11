//! The facts of an order. Variants are written by their place: new ones go to the end, none is ever taken away.

use std::net::IpAddr;

use riskgate_core::{Assessment, Level, Operation, Phase, RequirementSet, Signal, Threshold};
use serde::{Deserialize, Serialize};

use crate::transaction::Order;

/// Mirror of [`Order`].
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    operation: StoredOperation,
    flow: Option<String>,
    application_threshold: Option<StoredThreshold>,
    pin_code: bool,
    mrtd: bool,
    certificate: String,
    attached: Vec<String>,
    lint: Vec<String>,
    signals: Vec<StoredSignal>,
    subject: Option<String>,
    client_ip: Option<IpAddr>,
    user_agent: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredSignal {
    source: String,
    phase: StoredPhase,
    assessment: StoredAssessment,
    score: Option<u8>,
    indicators: Vec<String>,
    age_ms: u64,
    latency_ms: u64,
}

/// A mirror of an enum, with both ways between the two.
macro_rules! mirror {
    ($mirror:ident of $domain:ty { $($name:ident = $value:path),+ $(,)? }) => {
        #[derive(Serialize, Deserialize)]
        enum $mirror { $($name),+ }

        impl From<$domain> for $mirror {
            fn from(domain: $domain) -> Self {
                match domain { $($value => Self::$name),+ }
            }
        }

        impl From<$mirror> for $domain {
            fn from(mirror: $mirror) -> Self {
                match mirror { $($mirror::$name => $value),+ }
            }
        }
    };
}

mirror!(StoredOperation of Operation {
    Auth = Operation::Auth,
    Sign = Operation::Sign,
    Payment = Operation::Payment,
    OtherPayment = Operation::OtherPayment,
    PhoneAuth = Operation::PhoneAuth,
    PhoneSign = Operation::PhoneSign,
    Login = Operation::Login,
    Event = Operation::Event,
    Transaction = Operation::Transaction,
});
mirror!(StoredThreshold of Threshold {
    Moderate = Threshold::Moderate,
    High = Threshold::High,
});
mirror!(StoredPhase of Phase {
    Screen = Phase::Screen,
    Assess = Phase::Assess,
});

#[derive(Serialize, Deserialize)]
enum StoredAssessment {
    Low,
    Moderate,
    High,
    Unknown,
    Unavailable,
    NotApplicable,
}

impl From<Order> for Stored {
    fn from(order: Order) -> Self {
        let RequirementSet { pin_code, mrtd } = order.carried;
        Self {
            operation: order.operation.into(),
            flow: order.flow.as_deref().map(str::to_owned),
            application_threshold: order.application_threshold.map(Into::into),
            pin_code,
            mrtd,
            certificate: order.certificate.as_ref().to_owned(),
            attached: order.attached.to_vec(),
            lint: order.lint.to_vec(),
            signals: order.signals.iter().cloned().map(Into::into).collect(),
            subject: order.subject.as_deref().map(str::to_owned),
            client_ip: order.client_ip,
            user_agent: order.user_agent.as_deref().map(str::to_owned),
        }
    }
}

impl From<Stored> for Order {
    fn from(stored: Stored) -> Self {
        Self {
            operation: stored.operation.into(),
            flow: stored.flow.map(Into::into),
            application_threshold: stored.application_threshold.map(Into::into),
            carried: RequirementSet { pin_code: stored.pin_code, mrtd: stored.mrtd },
            certificate: stored.certificate.into(),
            attached: stored.attached.into(),
            lint: stored.lint.into(),
            signals: stored.signals.into_iter().map(Into::into).collect(),
            subject: stored.subject.map(Into::into),
            client_ip: stored.client_ip,
            user_agent: stored.user_agent.map(Into::into),
        }
    }
}

impl From<Signal> for StoredSignal {
    fn from(signal: Signal) -> Self {
        Self {
            source: signal.source,
            phase: signal.phase.into(),
            assessment: signal.assessment.into(),
            score: signal.score,
            indicators: signal.indicators,
            age_ms: signal.age_ms,
            latency_ms: signal.latency_ms,
        }
    }
}

impl From<StoredSignal> for Signal {
    fn from(stored: StoredSignal) -> Self {
        Self {
            source: stored.source,
            phase: stored.phase.into(),
            assessment: stored.assessment.into(),
            score: stored.score,
            indicators: stored.indicators,
            age_ms: stored.age_ms,
            latency_ms: stored.latency_ms,
        }
    }
}

impl From<Assessment> for StoredAssessment {
    fn from(assessment: Assessment) -> Self {
        match assessment {
            Assessment::Level(Level::Low) => Self::Low,
            Assessment::Level(Level::Moderate) => Self::Moderate,
            Assessment::Level(Level::High) => Self::High,
            Assessment::Unknown => Self::Unknown,
            Assessment::Unavailable => Self::Unavailable,
            Assessment::NotApplicable => Self::NotApplicable,
        }
    }
}

impl From<StoredAssessment> for Assessment {
    fn from(stored: StoredAssessment) -> Self {
        match stored {
            StoredAssessment::Low => Level::Low.into(),
            StoredAssessment::Moderate => Level::Moderate.into(),
            StoredAssessment::High => Level::High.into(),
            StoredAssessment::Unknown => Self::Unknown,
            StoredAssessment::Unavailable => Self::Unavailable,
            StoredAssessment::NotApplicable => Self::NotApplicable,
        }
    }
}
