//! The collections that were ordered.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::script::{Script, Scripted};
use crate::clock::Moment;

/// The most transactions that are remembered; the oldest is forgotten beyond that.
const MOST: usize = 10_000;

/// What is due to a look.
#[derive(Debug)]
pub(crate) enum Due {
    /// The collection begins.
    Began,
    /// It goes on.
    Collecting,
    /// The data are there.
    Data,
    /// They are no longer there.
    Gone,
    /// The looks come too fast.
    TooFast,
    /// What the script wants.
    Scripted(Scripted),
}

/// One transaction's collection.
#[derive(Debug)]
struct Job {
    number: u64,
    began: Option<Moment>,
    looked: Option<Moment>,
    script: Script,
    seen: Seen,
}

/// What happened to one transaction, for the control API.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    /// How often it was looked at.
    pub(crate) looks: u32,
    /// How often that was too soon after the look before.
    pub(crate) too_fast: u32,
    /// How often the data were handed out.
    pub(crate) delivered: u32,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    all: HashMap<String, Job>,
    made: u64,
}

impl Jobs {
    /// A look at `tid`; the first orders its data, by the script that `choose` gives.
    pub(crate) fn look(
        &mut self,
        tid: &str,
        now: Moment,
        floor: Duration,
        choose: impl FnOnce() -> Script,
    ) -> (Due, &Script) {
        if !self.all.contains_key(tid) {
            self.make_room();
            self.made += 1;
        }
        let number = self.made;
        let job = self.all.entry(tid.to_owned()).or_insert_with(|| Job {
            number,
            began: None,
            looked: None,
            script: choose(),
            seen: Seen::default(),
        });
        let due = job.due(now, floor);
        (due, &job.script)
    }

    fn make_room(&mut self) {
        if self.all.len() >= MOST
            && let Some(oldest) =
                self.all.iter().min_by_key(|(_, job)| job.number).map(|(tid, _)| tid.clone())
        {
            self.all.remove(&oldest);
        }
    }

    /// What happened to a transaction.
    pub(crate) fn seen(&self, tid: &str) -> Option<Seen> {
        self.all.get(tid).map(|job| job.seen)
    }
}

impl Job {
    fn due(&mut self, now: Moment, floor: Duration) -> Due {
        self.seen.looks += 1;
        let since = self.looked.replace(now).map(|looked| now.since(looked));
        if !self.script.answers.is_empty() {
            return Due::Scripted(self.script.answers.remove(0));
        }
        if since.is_some_and(|since| since < floor) {
            self.seen.too_fast += 1;
            return Due::TooFast;
        }
        let Some(began) = self.began else {
            self.began = Some(now);
            return Due::Began;
        };
        let there = Duration::try_from_secs_f64(self.script.collect_seconds).unwrap_or_default();
        let stay = Duration::try_from_secs_f64(self.script.stay_seconds).unwrap_or_default();
        match now.since(began) {
            so_far if so_far < there => Due::Collecting,
            so_far if so_far - there > stay => Due::Gone,
            _ => {
                self.seen.delivered += 1;
                Due::Data
            }
        }
    }
}
