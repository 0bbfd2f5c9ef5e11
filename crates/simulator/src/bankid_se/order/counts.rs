//! Counting answers, so that faults know when they are due.

use crate::bankid_se::script::FaultPoint;

/// How many answers of each kind an order has had, for the counting of faults.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pending: u32,
    terminal: u32,
    collect: u32,
    cancel: u32,
}

impl Counts {
    fn of(&mut self, point: FaultPoint) -> Option<&mut u32> {
        match point {
            FaultPoint::Pending => Some(&mut self.pending),
            FaultPoint::Terminal => Some(&mut self.terminal),
            FaultPoint::Collect => Some(&mut self.collect),
            FaultPoint::Cancel => Some(&mut self.cancel),
            FaultPoint::Order => None,
        }
    }

    /// How many answers of this kind there were before, and one more now.
    pub(crate) fn next(&mut self, point: FaultPoint) -> u32 {
        self.of(point).map_or(0, |count| std::mem::replace(count, count.saturating_add(1)))
    }
}
