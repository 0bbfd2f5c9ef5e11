//! Joining: concurrent requests for one result become one call of the provider, which no disconnect cancels.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;

use super::gateway::{Answered, Gateway};

/// How long an application waits for sources before it is told to ask again (design.md section 4, assess).
const PATIENCE: Duration = Duration::from_secs(1);

/// The provider entry and the transaction's reference.
pub(super) type JoinKey = (Arc<str>, String);

/// A call, driven by those who wait for it; nothing when it panicked.
type Call = Shared<Pin<Box<dyn Future<Output = Option<Answered>> + Send>>>;

/// How far a call has come, told by itself to those who wait.
#[derive(Default)]
pub(super) struct Progress {
    assessing: OnceLock<Instant>,
    early: OnceLock<Answered>,
    told: Notify,
}

impl Progress {
    /// The provider's final answer is there; sources are asked from now on.
    pub(super) fn assessing(&self) {
        self.assessing.get_or_init(Instant::now);
        self.told.notify_waiters();
    }

    /// The answer is this, though the call goes on.
    pub(super) fn answer(&self, answered: Answered) {
        self.early.get_or_init(|| answered);
        self.told.notify_waiters();
    }
}

/// The calls that run.
#[derive(Default)]
pub(super) struct Joined {
    running: Mutex<HashMap<JoinKey, Waiter>>,
}

/// What waiting came to.
pub(super) enum Waited {
    /// The answer.
    Answer(Answered),
    /// Sources still run.
    StillAssessing,
    /// The call ended without an answer: it panicked.
    Broken,
}

/// Takes a call off the list when it ends, however it ends.
struct Leave {
    gateway: Arc<Gateway>,
    key: JoinKey,
}

impl Drop for Leave {
    fn drop(&mut self) {
        drop(self.gateway.joined.lock().remove(&self.key));
    }
}

impl Joined {
    fn lock(&self) -> MutexGuard<'_, HashMap<JoinKey, Waiter>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the call that runs for `key`, or for the one that `call` makes.
pub(super) async fn join<F, C>(gateway: &Arc<Gateway>, key: JoinKey, call: C) -> Waited
where
    C: FnOnce(Arc<Progress>) -> F,
    F: Future<Output = Answered> + Send + 'static,
{
    let waiter = match gateway.joined.lock().entry(key) {
        Entry::Occupied(running) => running.get().clone(),
        Entry::Vacant(place) => {
            let leave = Leave { gateway: gateway.clone(), key: place.key().clone() };
            let progress = Arc::<Progress>::default();
            let work = AssertUnwindSafe(call(progress.clone())).catch_unwind();
            let call = async move {
                let answered = work.await;
                // Whoever asks from here on finds the answer in the store.
                drop(leave);
                answered.ok()
            };
            place.insert(Waiter { call: call.boxed().shared(), progress }).clone()
        }
    };
    Stay { waiter, tasks: &gateway.tasks }.wait().await
}

#[derive(Clone)]
struct Waiter {
    call: Call,
    progress: Arc<Progress>,
}

impl Waiter {
    async fn wait(&self) -> Waited {
        // A clone, since what was polled to its end no longer knows that it has ended.
        let mut call = self.call.clone();
        loop {
            // From here on it hears of every progress.
            let told = self.progress.told.notified();
            if let Some(answered) = self.progress.early.get() {
                return Waited::Answer(answered.clone());
            }
            let since = self.progress.assessing.get().copied();
            tokio::select! {
                biased;
                ended = &mut call => return ended.map_or(Waited::Broken, Waited::Answer),
                () = told => {}
                () = patience(since) => return Waited::StillAssessing,
            }
        }
    }
}

/// The end of an application's patience; none until sources are asked.
async fn patience(since: Option<Instant>) {
    match since {
        Some(since) => sleep_until(since + PATIENCE).await,
        None => std::future::pending().await,
    }
}

/// One who waits. Whoever leaves a call that has not ended, by a disconnect or because it takes too long, leaves it to a task.
struct Stay<'a> {
    waiter: Waiter,
    tasks: &'a TaskTracker,
}

impl Stay<'_> {
    async fn wait(self) -> Waited {
        self.waiter.wait().await
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and every task with it.
        if self.waiter.call.peek().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            drop(self.tasks.spawn_on(self.waiter.call.clone(), &runtime));
        }
    }
}

#[cfg(test)]
mod tests {
    use riskgate_wire::Answer;
    use tokio::sync::oneshot;

    use super::*;
    use crate::message::Response;
    use crate::ops::metrics::Outcome;

    fn answered() -> Answered {
        let answer = Answer { status: 200, content_type: "application/json", body: "{}".into() };
        Answered::new(Outcome::Allowed, Response::own(answer))
    }

    /// A call that ends when it is told to.
    fn call() -> (oneshot::Sender<()>, Waiter) {
        let (end, ended) = oneshot::channel();
        let call = async move { ended.await.ok().map(|()| answered()) };
        (end, Waiter { call: call.boxed().shared(), progress: Arc::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn while_sources_run_everybody_who_waits_is_told_to_ask_again_after_a_second() {
        let (end, waiter) = call();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let waiter = waiter.clone();
                tokio::spawn(async move { waiter.wait().await })
            })
            .collect();
        tokio::task::yield_now().await;
        waiter.progress.assessing();
        let began = Instant::now();
        for waiting in waiting {
            assert!(matches!(waiting.await.unwrap(), Waited::StillAssessing));
        }
        assert!(began.elapsed() <= PATIENCE + Duration::from_millis(10));
        end.send(()).unwrap();
        assert!(matches!(waiter.wait().await, Waited::Answer(_)), "a later poll gets the answer");
    }

    #[tokio::test(start_paused = true)]
    async fn the_provider_itself_is_waited_for_as_long_as_it_takes() {
        let (end, waiter) = call();
        let waiting = tokio::spawn(async move { waiter.wait().await });
        tokio::time::sleep(Duration::from_secs(9)).await;
        end.send(()).unwrap();
        assert!(matches!(waiting.await.unwrap(), Waited::Answer(_)));
    }

    #[tokio::test]
    async fn an_early_answer_is_the_answer_though_the_call_goes_on() {
        let (_end, waiter) = call();
        let other = waiter.clone();
        let waiting = tokio::spawn(async move { other.wait().await });
        tokio::task::yield_now().await;
        waiter.progress.answer(answered());
        assert!(matches!(waiting.await.unwrap(), Waited::Answer(_)));
        assert!(matches!(waiter.wait().await, Waited::Answer(_)));
    }

    #[tokio::test]
    async fn a_call_that_everybody_left_goes_on() {
        let tasks = TaskTracker::new();
        let (end, waiter) = call();
        let call = waiter.call.clone();
        let mut waiting = Box::pin(Stay { waiter, tasks: &tasks }.wait());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(waiting);
        end.send(()).unwrap();
        tasks.close();
        tasks.wait().await;
        assert!(call.peek().is_some());
    }

    #[tokio::test]
    async fn a_call_that_ended_leaves_no_task() {
        let tasks = TaskTracker::new();
        let (end, waiter) = call();
        end.send(()).unwrap();
        assert!(matches!(Stay { waiter, tasks: &tasks }.wait().await, Waited::Answer(_)));
        assert!(tasks.is_empty());
    }

    #[tokio::test]
    async fn a_call_that_ends_without_an_answer_is_noticed() {
        let (end, waiter) = call();
        drop(end);
        assert!(matches!(waiter.wait().await, Waited::Broken));
    }
}
