//! Joining: concurrent requests for one result become one call of the provider, in a task that no disconnect cancels.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::gateway::{Answered, Gateway};

/// Whether a caller waits for sources as long as they take. Each has its own limit, so that nobody waits without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// A second, after which an application is told to ask again.
    OfAnApplication,
    /// As long as they take: there is no asking again.
    Endless,
}

/// How long an application waits for sources before it is told to ask again (design.md section 4, assess).
const PATIENCE: Duration = Duration::from_secs(1);

/// The provider entry and the transaction's reference.
pub(super) type JoinKey = (Arc<str>, String);

/// How far a call has come.
#[derive(Clone)]
pub(super) enum Progress {
    /// The provider is asked.
    Asking,
    /// The provider's final answer is there since then; sources are asked.
    Assessing(Instant),
    /// The answer.
    Done(Answered),
}

/// The calls that run.
#[derive(Default)]
pub(super) struct Joined {
    running: Mutex<HashMap<JoinKey, watch::Receiver<Progress>>>,
}

/// What waiting came to.
pub(super) enum Waited {
    /// The answer.
    Answer(Answered),
    /// Sources still run.
    StillAssessing,
    /// The task ended without an answer: it panicked.
    Broken,
}

/// Takes a call off the list when its task ends, however it ends.
struct Leave {
    gateway: Arc<Gateway>,
    key: JoinKey,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.gateway.joined.lock().remove(&self.key);
    }
}

impl Joined {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JoinKey, watch::Receiver<Progress>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the call that runs for `key`, or for the one that `call` makes.
pub(super) async fn join<F, C>(gateway: &Arc<Gateway>, key: JoinKey, patience: Patience, call: C) -> Waited
where
    C: FnOnce(watch::Sender<Progress>) -> F,
    F: Future<Output = (watch::Sender<Progress>, Answered)> + Send + 'static,
{
    let receiver = {
        let mut running = gateway.joined.lock();
        match running.entry(key) {
            Entry::Occupied(call) => call.get().clone(),
            Entry::Vacant(place) => {
                let (sender, receiver) = watch::channel(Progress::Asking);
                let leave = Leave { gateway: gateway.clone(), key: place.key().clone() };
                place.insert(receiver.clone());
                let work = call(sender);
                gateway.tasks.spawn(async move {
                    let (sender, answered) = work.await;
                    // Whoever asks from here on finds the answer in the store.
                    drop(leave);
                    // Nobody may be waiting any more: the answer is in the store.
                    drop(sender.send(Progress::Done(answered)));
                });
                receiver
            }
        }
    };
    wait(receiver, patience).await
}

async fn wait(mut receiver: watch::Receiver<Progress>, patience: Patience) -> Waited {
    loop {
        let left = match &*receiver.borrow_and_update() {
            Progress::Done(answered) => return Waited::Answer(answered.clone()),
            Progress::Asking => None,
            Progress::Assessing(_) if patience == Patience::Endless => None,
            Progress::Assessing(since) => Some(PATIENCE.saturating_sub(since.elapsed())),
        };
        let changed = match left {
            None => receiver.changed().await,
            Some(left) => match tokio::time::timeout(left, receiver.changed()).await {
                Ok(changed) => changed,
                Err(_) => return Waited::StillAssessing,
            },
        };
        if changed.is_err() {
            return Waited::Broken;
        }
    }
}

#[cfg(test)]
mod tests {
    use riskgate_wire::Answer;

    use super::*;
    use crate::message::Response;
    use crate::ops::metrics::Outcome;

    fn answered() -> Answered {
        let answer = Answer { status: 200, content_type: "application/json", body: "{}".into() };
        Answered::new(Outcome::Allowed, Response::own(answer))
    }

    #[tokio::test(start_paused = true)]
    async fn while_sources_run_the_application_is_told_to_ask_again_after_a_second() {
        let (sender, receiver) = watch::channel(Progress::Asking);
        let waiting = tokio::spawn(wait(receiver.clone(), Patience::OfAnApplication));
        tokio::task::yield_now().await;
        drop(sender.send(Progress::Assessing(Instant::now())));
        let began = tokio::time::Instant::now();
        assert!(matches!(waiting.await.unwrap(), Waited::StillAssessing));
        assert!(began.elapsed() <= PATIENCE + Duration::from_millis(10));
        drop(sender.send(Progress::Done(answered())));
        assert!(
            matches!(wait(receiver, Patience::OfAnApplication).await, Waited::Answer(_)),
            "a later poll gets the answer"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_provider_itself_is_waited_for_as_long_as_it_takes() {
        let (sender, receiver) = watch::channel(Progress::Asking);
        let waiting = tokio::spawn(wait(receiver, Patience::OfAnApplication));
        tokio::time::sleep(Duration::from_secs(9)).await;
        drop(sender.send(Progress::Done(answered())));
        assert!(matches!(waiting.await.unwrap(), Waited::Answer(_)));
    }

    #[tokio::test]
    async fn a_task_that_ends_without_an_answer_is_noticed() {
        let (sender, receiver) = watch::channel(Progress::Asking);
        drop(sender);
        assert!(matches!(wait(receiver, Patience::OfAnApplication).await, Waited::Broken));
    }
}
