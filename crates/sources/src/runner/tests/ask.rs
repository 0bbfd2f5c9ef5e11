//! One question to several sources.

use super::*;

#[tokio::test(start_paused = true)]
async fn sources_are_asked_at_once_and_heard_in_the_order_of_the_flow() {
    let full = Report {
        score: Some(62),
        indicators: vec!["isProxy".to_owned()],
        age: Duration::from_secs(90),
        ..Report::new(Level::Moderate)
    };
    let a = Fake::new("a", [Act::Answer(100, low())]);
    let b = Fake::new("b", [Act::Answer(200, full)]);
    let c = Fake::new("c", [Act::Answer(50, Report::new(Assessment::Unknown))]);
    let heard = Arc::new(Heard::default());
    let runner = heard_runner(&[a, b, c], LIMITS, Arc::clone(&heard) as Arc<dyn Observer>);

    let started = Instant::now();
    let signals = runner.ask(&flow(&["c", "b", "a"]), Phase::Assess, &Question::default()).await;
    assert_eq!(started.elapsed(), Duration::from_millis(200));
    assert_eq!(gist(&signals), ["c Unknown[] 50ms", "b Moderate[isProxy] 200ms", "a Low[] 100ms"]);
    assert_eq!((signals[1].score, signals[1].age_ms, signals[1].phase), (Some(62), 90_000, Phase::Assess));

    // The metrics hear of each when it comes.
    let heard = heard.0.lock().unwrap();
    let order: Vec<_> =
        heard.iter().map(|(signal, latency)| (signal.source.as_str(), latency.as_millis())).collect();
    assert_eq!(order, [("c", 50), ("a", 100), ("b", 200)]);
}

#[tokio::test(start_paused = true)]
async fn only_the_sources_of_the_flow_and_the_phase_are_asked() {
    let screen = Fake::serving("screen", &[Phase::Screen], [Act::Answer(0, low())]);
    let assess = Fake::serving("assess", &[Phase::Assess], [Act::Answer(0, low())]);
    let unlisted = Fake::new("unlisted", [Act::Answer(0, low())]);
    let runner = runner(&[Arc::clone(&screen), Arc::clone(&assess), Arc::clone(&unlisted)], LIMITS);
    // The provider's own indication may have rules of its own in a flow; it is nothing that is asked here.
    let flow = flow(&["provider", "screen", "assess", "missing"]);

    let signals = runner.ask(&flow, Phase::Screen, &Question::default()).await;
    assert_eq!(gist(&signals), ["screen Low[] 0ms"]);
    assert_eq!(signals[0].phase, Phase::Screen);
    let signals = runner.ask(&flow, Phase::Assess, &Question::default()).await;
    assert_eq!(gist(&signals), ["assess Low[] 0ms"]);
    assert_eq!((screen.asked(), assess.asked(), unlisted.asked()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_costs_its_time_and_no_more() {
    let slow = Fake::new("slow", [Act::Hang]);
    let late = Fake::new("late", [Act::Answer(301, low())]);
    let last = Fake::new("last", [Act::Answer(300, low())]);
    let runner = runner(&[Arc::clone(&slow), late, last], LIMITS);
    let started = Instant::now();
    let signals = runner.ask(&flow(&["slow", "late", "last"]), Phase::Assess, &Question::default()).await;
    assert_eq!(started.elapsed(), LIMITS.timeout);
    assert_eq!(
        gist(&signals),
        ["slow Unavailable[TimedOut] 300ms", "late Unavailable[TimedOut] 300ms", "last Low[] 300ms"]
    );
    assert_eq!(slow.abandoned.load(Ordering::Relaxed), 1, "its future is dropped");
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_its_cause_and_harms_no_other_source() {
    let acts = [
        ("failed", Act::Fail(10, broken())),
        ("busy", Act::Fail(20, SourceFailure::Overloaded("429".to_owned()))),
        ("polling", Act::Fail(30, SourceFailure::TimedOut)),
        ("panics", Act::Panic(40)),
        ("panics-at-once", Act::Panic(0)),
        ("well", Act::Answer(50, low())),
    ];
    let sources = acts.map(|(name, act)| Fake::new(name, [act]));
    let flow = flow(&["failed", "busy", "polling", "panics", "panics-at-once", "well"]);
    let signals = runner(&sources, LIMITS).ask(&flow, Phase::Assess, &Question::default()).await;
    assert_eq!(
        gist(&signals),
        [
            "failed Unavailable[Failed] 10ms",
            "busy Unavailable[Overloaded] 20ms",
            "polling Unavailable[TimedOut] 30ms",
            "panics Unavailable[Failed] 40ms",
            "panics-at-once Unavailable[Failed] 0ms",
            "well Low[] 50ms",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_busy_source_is_not_asked_more_at_once() {
    let source = Fake::new("ip", [Act::Answer(100, low())]);
    let runner = runner(&[Arc::clone(&source)], SourceLimits { concurrency: 2, ..LIMITS });
    let (flow, question) = (flow(&["ip"]), Question::default());
    let ask = || runner.ask(&flow, Phase::Assess, &question);

    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    assert_eq!([gist(&first), gist(&second)], [["ip Low[] 100ms"], ["ip Low[] 100ms"]]);
    assert_eq!(gist(&third), ["ip Unavailable[Overloaded] 0ms"]);
    assert_eq!(source.asked(), 2);
    assert_eq!(gist(&ask().await), ["ip Low[] 100ms"], "the first two made room");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_stops_the_sources() {
    let sources = ["a", "b"].map(|name| Fake::new(name, [Act::Hang]));
    let runner = runner(&sources, SourceLimits { concurrency: 1, ..LIMITS });
    let (flow, question) = (flow(&["a", "b"]), Question::default());
    let asking = runner.ask(&flow, Phase::Assess, &question);
    timeout(Duration::from_millis(10), asking).await.expect_err("nobody answers");
    for source in &sources {
        assert_eq!((source.asked(), source.abandoned.load(Ordering::Relaxed)), (1, 1));
    }
    // Their places are free again.
    let signals = runner.ask(&flow, Phase::Assess, &question).await;
    assert_eq!(gist(&signals), ["a Unavailable[TimedOut] 300ms", "b Unavailable[TimedOut] 300ms"]);
}

#[tokio::test(start_paused = true)]
async fn a_score_beyond_the_scale_is_the_top_of_the_scale() {
    let source = Fake::new("ip", [Act::Answer(0, Report { score: Some(101), ..low() })]);
    let signals = runner(&[source], LIMITS).ask(&flow(&["ip"]), Phase::Assess, &Question::default()).await;
    assert_eq!(signals[0].score, Some(100));
}
