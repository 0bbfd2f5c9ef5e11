//! What was delivered of each order, so that tests can prove that terminal answers are asked for once.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use uuid::Uuid;

/// The answers to the collects of one order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// Pending answers.
    pub(crate) pending: u32,
    /// Terminal answers that were sent intact, and by that used up.
    pub(crate) terminal: u32,
    /// Answers of any kind that a scripted fault hit.
    pub(crate) spoiled: u32,
    /// Collects that were told `No such order`, because the terminal answer was used up, or came too late, or the
    /// order was cancelled, or belongs to another RP certificate.
    pub(crate) refused: u32,
    /// `complete`, or the hint code of the failure, once a terminal answer was made.
    pub(crate) ending: Option<String>,
}

/// Bounded: the oldest order is forgotten first.
#[derive(Debug)]
pub(crate) struct Deliveries {
    limit: usize,
    by_order: HashMap<Uuid, Delivery>,
    by_age: VecDeque<Uuid>,
}

impl Deliveries {
    /// Keeps nothing at all with a limit of 0.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, by_order: HashMap::new(), by_age: VecDeque::new() }
    }

    /// Begins to keep the deliveries of a new order.
    pub(crate) fn open(&mut self, order_ref: Uuid) {
        if self.limit == 0 {
            return;
        }
        while self.by_age.len() >= self.limit {
            if let Some(oldest) = self.by_age.pop_front() {
                self.by_order.remove(&oldest);
            }
        }
        self.by_age.push_back(order_ref);
        self.by_order.insert(order_ref, Delivery::default());
    }

    /// The deliveries of an order that is kept, to be written down.
    pub(crate) fn of(&mut self, order_ref: &Uuid) -> Option<&mut Delivery> {
        self.by_order.get_mut(order_ref)
    }

    /// All, oldest order first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Uuid, &Delivery)> {
        self.by_age.iter().filter_map(|order_ref| self.by_order.get_key_value(order_ref))
    }

    pub(crate) fn clear(&mut self) {
        self.by_order.clear();
        self.by_age.clear();
    }
}
