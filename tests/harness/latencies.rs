//! How long requests took.

use std::time::Duration;

use serde::Serialize;

/// Latencies in microseconds, with the fraction that a nanosecond clock gives.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Latencies {
    /// The median.
    pub p50: f64,
    /// Nine of ten took no longer.
    pub p90: f64,
    /// Ninety-nine of a hundred took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Latencies {
    /// Sums up; nothing is rounded into buckets.
    #[must_use]
    pub fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |share: f64| {
            // The smallest latency that this share of the requests did not exceed.
            let rank = (share * all.len() as f64).ceil() as usize;
            all.get(rank.max(1) - 1).map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
        };
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_latency_that_occurred() {
        let all = (1..=200).rev().map(Duration::from_micros).collect();
        assert_eq!(Latencies::of(all), Latencies { p50: 100.0, p90: 180.0, p99: 198.0, max: 200.0 });
        let one = Latencies::of(vec![Duration::from_micros(7)]);
        assert_eq!((one.p50, one.max), (7.0, 7.0));
        assert_eq!(Latencies::of(Vec::new()), Latencies::default());
    }
}
