//! A source that keeps failing.

use tokio::time::advance;

use super::*;

/// A runner over one source.
struct One {
    source: Arc<Fake>,
    runner: Runner,
    flow: Flow,
}

impl One {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let source = Fake::new("ip", acts);
        let runner = runner(&[Arc::clone(&source)], LIMITS);
        Self { source, runner, flow: flow(&["ip"]) }
    }

    async fn ask(&self) -> String {
        gist(&self.runner.ask(&self.flow, Phase::Assess, &Question::default()).await).remove(0)
    }
}

const FAILED: &str = "ip Unavailable[Failed] 0ms";
const OPEN: &str = "ip Unavailable[CircuitOpen] 0ms";
const LOW: &str = "ip Low[] 0ms";

fn fails() -> Act {
    Act::Fail(0, broken())
}

fn answers() -> Act {
    Act::Answer(0, low())
}

#[tokio::test(start_paused = true)]
async fn it_is_left_alone_after_so_many_failures_and_tried_again_after_the_pause() {
    let one = One::new([fails(), fails(), fails(), fails(), answers()]);
    for _ in 0..3 {
        assert_eq!(one.ask().await, FAILED);
    }
    assert_eq!(one.ask().await, OPEN);
    advance(LIMITS.breaker.pause - Duration::from_millis(1)).await;
    assert_eq!(one.ask().await, OPEN);
    assert_eq!(one.source.asked(), 3, "it is not asked while it is left alone");

    advance(Duration::from_millis(1)).await;
    assert_eq!(one.ask().await, FAILED, "the one question after the pause");
    assert_eq!(one.ask().await, OPEN, "another pause");
    advance(LIMITS.breaker.pause).await;
    assert_eq!(one.ask().await, LOW);
    assert_eq!(one.ask().await, LOW, "it is back");
}

#[tokio::test(start_paused = true)]
async fn only_failures_in_a_row_count() {
    let one = One::new([fails(), fails(), answers(), fails(), fails(), answers()]);
    for expected in [FAILED, FAILED, LOW, FAILED, FAILED, LOW] {
        assert_eq!(one.ask().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn knowing_nothing_is_no_failure_and_silence_and_panics_are() {
    let unknown = Act::Answer(0, Report::new(Assessment::Unknown));
    let one = One::new([unknown.clone(), unknown.clone(), unknown, Act::Hang, Act::Panic(0), fails()]);
    for expected in
        ["ip Unknown[] 0ms", "ip Unknown[] 0ms", "ip Unknown[] 0ms", "ip Unavailable[TimedOut] 300ms"]
    {
        assert_eq!(one.ask().await, expected);
    }
    for expected in [FAILED, FAILED, OPEN] {
        assert_eq!(one.ask().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_question_tries_it_and_the_others_do_not_wait_for_that() {
    let one = One::new([fails(), fails(), fails(), Act::Answer(100, low()), answers()]);
    for _ in 0..3 {
        one.ask().await;
    }
    advance(LIMITS.breaker.pause).await;
    let (probe, other) = tokio::join!(one.ask(), one.ask());
    assert_eq!((probe.as_str(), other.as_str()), ("ip Low[] 100ms", OPEN));
    assert_eq!(one.ask().await, LOW);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_nobody_waited_for_is_no_trial() {
    let one = One::new([fails(), fails(), fails(), Act::Hang, answers()]);
    for _ in 0..3 {
        one.ask().await;
    }
    advance(LIMITS.breaker.pause).await;
    timeout(Duration::from_millis(10), one.ask()).await.expect_err("the trial hangs");
    assert_eq!(one.ask().await, LOW, "the next question tries it");
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_before_it_was_left_alone_changes_nothing() {
    let one = One::new([Act::Answer(100, low()), fails(), fails(), fails(), answers()]);
    let rest = async {
        for _ in 0..3 {
            assert_eq!(one.ask().await, FAILED);
        }
    };
    let (early, ()) = tokio::join!(one.ask(), rest);
    assert_eq!(early, "ip Low[] 100ms", "the answer itself is as good as any");
    assert_eq!(one.ask().await, OPEN);
}

#[tokio::test(start_paused = true)]
async fn a_full_house_is_not_the_sources_failure() {
    let one = One::new([Act::Answer(100, low())]);
    let together = join_all((0..LIMITS.concurrency + 5).map(|_| one.ask())).await;
    let overloaded = together.iter().filter(|gist| gist.contains("Overloaded")).count();
    assert_eq!(overloaded, 5);
    assert_eq!(one.ask().await, "ip Low[] 100ms");
}
