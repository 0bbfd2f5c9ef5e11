//! All orders that are not forgotten yet, bounded.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use super::counts::Counts;
use super::facts::Facts;
use super::progress::{Ending, Progress, Report};
use crate::bankid_se::script::{Fault, FaultPoint, Outcome};
use crate::bankid_se::settings::{ParallelOrder, Settings};
use crate::client::Fingerprint;
use crate::clock::Moment;

/// An order and its state.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) facts: Arc<Facts>,
    pub(crate) progress: Progress,
    counts: Counts,
}

impl Order {
    /// The fault that hits the next answer at `point`, which is counted.
    fn next_fault(&mut self, points: &[FaultPoint]) -> Option<Fault> {
        let faults = &self.facts.script().faults;
        if faults.is_empty() {
            return None;
        }
        let earlier: Vec<(FaultPoint, u32)> =
            points.iter().map(|&point| (point, self.counts.next(point))).collect();
        let hit =
            |fault: &&Fault| earlier.iter().any(|(point, count)| *point == fault.at && fault.hits(*count));
        faults.iter().find(hit).cloned()
    }
}

/// What a collect found, and the fault that its answer suffers.
pub(crate) struct Collected {
    pub(crate) facts: Arc<Facts>,
    pub(crate) report: Report,
    pub(crate) fault: Option<Fault>,
}

/// What a cancel found, and the fault that its answer suffers.
pub(crate) struct Cancelled {
    pub(crate) facts: Arc<Facts>,
    pub(crate) fault: Option<Fault>,
}

#[derive(Debug, Default)]
pub(crate) struct OrderBook {
    pub(super) orders: HashMap<Uuid, Order>,
    pub(super) by_person: HashMap<String, Uuid>,
    /// Oldest first; may name orders that are gone.
    pub(super) by_age: VecDeque<Uuid>,
    pub(super) bytes: usize,
    evicted: u64,
}

impl OrderBook {
    /// Whether the person has a pending order; what the settings want done to that is done.
    pub(crate) fn meets_parallel_order(
        &mut self,
        personal_number: &str,
        settings: &Settings,
        now: Moment,
    ) -> bool {
        let Some(order) = self.by_person.get(personal_number).and_then(|found| self.orders.get_mut(found))
        else {
            return false;
        };
        order.progress.settle(&order.facts, &settings.lifetimes, now);
        let pending = order.progress.is_pending();
        if pending && settings.parallel_order == ParallelOrder::CancelFirst {
            order.progress.finish(&order.facts, &Outcome::Failed("cancelled".to_owned()), now);
        }
        pending
    }

    pub(crate) fn insert(&mut self, facts: Arc<Facts>, settings: &Settings, now: Moment) {
        self.make_room(facts.request.size(), settings, now);
        let order_ref = facts.order_ref;
        self.bytes += facts.request.size();
        if let Some(number) = &facts.request.personal_number {
            self.by_person.insert(number.clone(), order_ref);
        }
        self.by_age.push_back(order_ref);
        let progress = Progress::of_new(&facts);
        self.orders.insert(order_ref, Order { facts, progress, counts: Counts::default() });
    }

    fn make_room(&mut self, bytes: usize, settings: &Settings, now: Moment) {
        while let Some(&oldest) = self.by_age.front() {
            let gone = self.live(&oldest, settings, now).is_none();
            if !gone {
                let full =
                    self.orders.len() >= settings.max_orders || self.bytes + bytes > settings.max_order_bytes;
                if !full {
                    break;
                }
                self.evicted += 1;
                self.remove(&oldest);
            }
            self.by_age.pop_front();
        }
        if self.by_age.len() > 2 * self.orders.len() + 1_024 {
            self.by_age.retain(|order_ref| self.orders.contains_key(order_ref));
        }
    }

    /// The order, settled; removed and None when its time is over.
    fn live(&mut self, order_ref: &Uuid, settings: &Settings, now: Moment) -> Option<&mut Order> {
        let order = self.orders.get_mut(order_ref)?;
        order.progress.settle(&order.facts, &settings.lifetimes, now);
        if order.progress.is_gone(&settings.lifetimes, now) {
            self.remove(order_ref);
            return None;
        }
        self.orders.get_mut(order_ref)
    }

    fn remove(&mut self, order_ref: &Uuid) {
        let Some(order) = self.orders.remove(order_ref) else { return };
        self.bytes = self.bytes.saturating_sub(order.facts.request.size());
        if let Some(number) = &order.facts.request.personal_number
            && self.by_person.get(number) == Some(order_ref)
        {
            self.by_person.remove(number);
        }
    }

    /// The order, when `certificate` is the one that created it.
    fn own(
        &mut self,
        order_ref: &Uuid,
        certificate: Option<Fingerprint>,
        settings: &Settings,
        now: Moment,
    ) -> Option<&mut Order> {
        let creator =
            |order: &Order| order.facts.certificate.as_ref().map(|certificate| certificate.fingerprint);
        self.live(order_ref, settings, now).filter(|order| creator(order) == certificate)
    }

    /// What a collect finds. A terminal answer is used up, unless its fault strikes before that.
    pub(crate) fn collect(
        &mut self,
        order_ref: &Uuid,
        certificate: Option<Fingerprint>,
        settings: &Settings,
        now: Moment,
    ) -> Option<Collected> {
        let order = self.own(order_ref, certificate, settings, now)?;
        let mut progress = order.progress.clone();
        let report = progress.report(&order.facts, now);
        let fault = order.next_fault(&[report.point(), FaultPoint::Collect]);
        let facts = order.facts.clone();
        if fault.as_ref().is_none_or(Fault::takes_effect) {
            order.progress = progress;
            if matches!(report, Report::Finished(_)) {
                self.remove(order_ref);
            }
        }
        Some(Collected { facts, report, fault })
    }

    /// Cancels a pending order.
    pub(crate) fn cancel(
        &mut self,
        order_ref: &Uuid,
        certificate: Option<Fingerprint>,
        settings: &Settings,
        now: Moment,
    ) -> Option<Cancelled> {
        let order =
            self.own(order_ref, certificate, settings, now).filter(|order| order.progress.is_pending())?;
        let fault = order.next_fault(&[FaultPoint::Cancel]);
        let facts = order.facts.clone();
        if fault.as_ref().is_none_or(Fault::takes_effect) {
            self.remove(order_ref);
        }
        Some(Cancelled { facts, fault })
    }

    /// Ends a pending order at once. None when there is no pending order of that name.
    pub(crate) fn finish(
        &mut self,
        order_ref: &Uuid,
        outcome: &Outcome,
        settings: &Settings,
        now: Moment,
    ) -> Option<Ending> {
        let order = self.live(order_ref, settings, now).filter(|order| order.progress.is_pending())?;
        order.progress.finish(&order.facts, outcome, now);
        match &order.progress {
            Progress::Finished { ending, .. } => Some(ending.clone()),
            Progress::Pending { .. } => None,
        }
    }

    /// One order, settled.
    pub(crate) fn get(&mut self, order_ref: &Uuid, settings: &Settings, now: Moment) -> Option<&Order> {
        self.live(order_ref, settings, now).map(|order| &*order)
    }

    /// All orders, oldest first, settled.
    pub(crate) fn all(&mut self, settings: &Settings, now: Moment) -> Vec<&Order> {
        let known: Vec<Uuid> = self.by_age.iter().copied().collect();
        for order_ref in &known {
            self.live(order_ref, settings, now);
        }
        known.iter().filter_map(|order_ref| self.orders.get(order_ref)).collect()
    }

    /// How many live orders were forgotten to stay within the limits.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
