//! What a replica does while it holds the Lease, and how it gives the Lease up.

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// Vacates the Lease once `work` has ended, however it did. Not before: until the last pass is finished or cancelled no other
/// replica may lead.
pub(crate) async fn then_vacate<T>(
    election: &mut JoinHandle<()>,
    vacate: &CancellationToken,
    work: impl AsyncFnOnce(&mut JoinHandle<()>) -> T,
) -> T {
    let ended = work(election).await;
    vacate.cancel();
    if !election.is_finished() {
        let _ = election.await;
    }
    ended
}

/// Reconciles whenever this replica leads, until `stop`: then passes are finished. When leadership is lost they are dropped at
/// once, for another replica may lead before a pass is over.
pub(crate) async fn lead<F: Future<Output = ()>>(
    reconcile: impl Fn(CancellationToken) -> F,
    mut leading: watch::Receiver<bool>,
    metrics: &Metrics,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        metrics.lead(false);
        tokio::select! {
            _ = leading.wait_for(|leads| *leads) => {}
            () = stop.cancelled() => return,
        }
        metrics.lead(true);
        tokio::select! {
            () = reconcile(stop.clone()) => {}
            _ = leading.wait_for(|leads| !*leads) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::time::{sleep, timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Says when it is dropped.
    struct Pass(mpsc::UnboundedSender<&'static str>);

    impl Drop for Pass {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn passes_are_dropped_when_leadership_is_lost_and_begin_anew_when_it_is_back() {
        let (leads, leading) = watch::channel(true);
        let (says, mut said) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let end = stop.clone();
        let task = tokio::spawn(async move {
            // One that would be waited for for ever.
            let reconcile = |_| {
                let pass = Pass(says.clone());
                async move {
                    let _ = pass.0.send("began");
                    std::future::pending::<()>().await;
                }
            };
            lead(reconcile, leading, &Metrics::default(), &end).await;
        });
        for (now, heard) in [(true, "began"), (false, "dropped"), (true, "began"), (false, "dropped")] {
            leads.send_replace(now);
            assert_eq!(timeout(PATIENCE, said.recv()).await.unwrap(), Some(heard));
        }
        stop.cancel();
        timeout(PATIENCE, task).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn passes_that_have_begun_are_finished_before_the_process_ends() {
        let (_leads, leading) = watch::channel(true);
        let stop = CancellationToken::new();
        let (says, mut said) = mpsc::unbounded_channel();
        let reconcile = |stop: CancellationToken| {
            let says = says.clone();
            async move {
                stop.cancelled().await;
                sleep(Duration::from_secs(1)).await;
                let _ = says.send("finished");
            }
        };
        let metrics = Metrics::default();
        let leader = lead(reconcile, leading, &metrics, &stop);
        let later = async {
            sleep(Duration::from_secs(1)).await;
            stop.cancel();
        };
        timeout(PATIENCE, futures_util::future::join(leader, later)).await.unwrap();
        assert_eq!(said.try_recv(), Ok("finished"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_lease_is_vacated_however_the_work_ends() {
        for by_election in [false, true] {
            let vacate = CancellationToken::new();
            let (asked, vacated) = (vacate.clone(), CancellationToken::new());
            let done = vacated.clone();
            let mut election = tokio::spawn(async move {
                if !by_election {
                    asked.cancelled().await;
                }
                done.cancel();
            });
            let ended = then_vacate(&mut election, &vacate, async |election: &mut JoinHandle<()>| {
                if by_election {
                    let _ = election.await;
                }
                Err::<(), _>("a watch ended")
            });
            assert!(timeout(PATIENCE, ended).await.unwrap().is_err());
            assert!(vacated.is_cancelled());
        }
    }
}
