//! The facts of an order in as little memory as they need.
//!
//! Most of an order is the same for thousands of others: what the application asked for, the flow, the certificate, what was
//! attached. That part is kept once and shared.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use riskgate_core::{Operation, RequirementSet, Signal, Threshold};

use super::footprint::{allocation, buckets, shared, signal};
use crate::transaction::Order;

/// How many different shared parts are kept. There is one for each combination of operation, flow, certificate and
/// attached members that is in use: a handful. More would mean that they are not what orders have in common.
const MOST_SHARED: usize = 256;

/// What many orders have in common.
#[derive(PartialEq, Eq, Hash)]
struct Common {
    operation: Operation,
    flow: Option<Arc<str>>,
    application_threshold: Option<Threshold>,
    pin_code: bool,
    mrtd: bool,
    certificate: Arc<str>,
    attached: Arc<[String]>,
    lint: Arc<[String]>,
}

impl Common {
    fn footprint(&self) -> usize {
        let text = |text: &str| shared(text.len());
        let texts = |texts: &[String]| {
            shared(size_of_val(texts)) + texts.iter().map(|one| allocation(one.len())).sum::<usize>()
        };
        shared(size_of::<Self>())
            + self.flow.as_deref().map_or(0, text)
            + text(&self.certificate)
            + texts(&self.attached)
            + texts(&self.lint)
    }
}

/// The shared parts in use.
#[derive(Default)]
pub(super) struct Sharing {
    known: HashSet<Arc<Common>>,
    /// The most that `known` had room for; its own `capacity` says less once there were removals.
    room: usize,
    bytes: usize,
}

impl Sharing {
    /// What the shared parts take.
    pub(super) fn footprint(&self) -> usize {
        self.bytes + buckets::<Arc<Common>>(self.room)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The one copy of `common`, and what it costs its owner: nothing, unless there is no more room to share it.
    fn share(&mut self, common: Common) -> (Arc<Common>, usize) {
        if let Some(known) = self.known.get(&common) {
            return (Arc::clone(known), 0);
        }
        if self.known.len() >= MOST_SHARED {
            self.drop_unused();
        }
        let footprint = common.footprint();
        let common = Arc::new(common);
        if self.known.len() >= MOST_SHARED {
            return (common, footprint);
        }
        self.bytes += footprint;
        self.known.insert(Arc::clone(&common));
        self.room = self.room.max(self.known.capacity());
        (common, 0)
    }

    fn drop_unused(&mut self) {
        let bytes = &mut self.bytes;
        self.known.retain(|common| {
            let used = Arc::strong_count(common) > 1;
            if !used {
                *bytes -= common.footprint();
            }
            used
        });
    }
}

/// The facts of one order.
pub(super) struct Facts {
    common: Arc<Common>,
    /// What `common` takes, where it could not be shared.
    unshared: usize,
    /// None where there are none: an empty shared list takes an allocation as well.
    signals: Option<Arc<[Signal]>>,
    subject: Option<Arc<str>>,
    user_agent: Option<Arc<str>>,
    client_ip: Option<IpAddr>,
}

impl Facts {
    /// Packs `order`.
    pub(super) fn pack(order: Order, sharing: &mut Sharing) -> Self {
        let RequirementSet { pin_code, mrtd } = order.carried;
        let (common, unshared) = sharing.share(Common {
            operation: order.operation,
            flow: order.flow,
            application_threshold: order.application_threshold,
            pin_code,
            mrtd,
            certificate: order.certificate,
            attached: order.attached,
            lint: order.lint,
        });
        Self {
            common,
            unshared,
            signals: Some(order.signals).filter(|signals| !signals.is_empty()),
            subject: order.subject,
            user_agent: order.user_agent,
            client_ip: order.client_ip,
        }
    }

    /// What this order takes, without what it shares.
    pub(super) fn footprint(&self) -> usize {
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |text| shared(text.len()));
        let signals = |signals: &Arc<[Signal]>| {
            shared(size_of_val(&**signals)) + signals.iter().map(signal).sum::<usize>()
        };
        self.unshared
            + allocation(size_of::<Self>())
            + self.signals.as_ref().map_or(0, signals)
            + text(&self.subject)
            + text(&self.user_agent)
    }

    /// The order as it was packed.
    pub(super) fn unpack(&self) -> Order {
        let common = &*self.common;
        Order {
            operation: common.operation,
            flow: common.flow.clone(),
            application_threshold: common.application_threshold,
            carried: RequirementSet { pin_code: common.pin_code, mrtd: common.mrtd },
            certificate: Arc::clone(&common.certificate),
            attached: Arc::clone(&common.attached),
            lint: Arc::clone(&common.lint),
            signals: self.signals.clone().unwrap_or_default(),
            subject: self.subject.clone(),
            client_ip: self.client_ip,
            user_agent: self.user_agent.clone(),
        }
    }
}
