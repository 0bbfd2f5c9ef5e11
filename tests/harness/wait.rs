//! Waiting for something observable.

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep};

/// How long a test waits for what should happen at once. Generous, because only a failing test uses it up.
pub const PATIENCE: Duration = Duration::from_secs(20);

const INTERVAL: Duration = Duration::from_millis(10);

/// Asks until the probe succeeds.
///
/// # Errors
/// When it has not succeeded within the deadline: what was waited for, and what the last probe saw.
pub async fn eventually<T, F, Probe>(what: &str, deadline: Duration, mut probe: F) -> Result<T>
where
    F: FnMut() -> Probe,
    Probe: Future<Output = Result<T>>,
{
    let end = Instant::now() + deadline;
    loop {
        match probe().await {
            Ok(value) => return Ok(value),
            Err(error) if Instant::now() >= end => {
                return Err(anyhow!("waited {deadline:?} for {what}; last seen: {error:#}"));
            }
            Err(_) => sleep(INTERVAL).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_success_ends_the_wait() {
        let mut asked = 0;
        let value = eventually("three", PATIENCE, || {
            asked += 1;
            let now = asked;
            async move { if now == 3 { Ok(now) } else { Err(anyhow!("only {now}")) } }
        });
        assert_eq!(value.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn the_deadline_tells_what_was_last_seen() {
        let wait = eventually("rain", Duration::ZERO, || async { Err::<(), _>(anyhow!("sunshine")) });
        assert_eq!(wait.await.unwrap_err().to_string(), "waited 0ns for rain; last seen: sunshine");
    }
}
