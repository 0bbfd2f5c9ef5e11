//! Whatever sources do, there is one signal of each, in time.

use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;

fn act() -> impl Strategy<Value = Act> {
    let after = 0..600_u64;
    prop_oneof![
        after.clone().prop_map(|after| Act::Answer(after, low())),
        after.clone().prop_map(|after| Act::Fail(after, broken())),
        after.prop_map(Act::Panic),
        Just(Act::Hang),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_signal_of_each_in_time(acts in proptest::collection::vec(proptest::collection::vec(act(), 1..6), 1..6)) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let names: Vec<String> = (0..acts.len()).map(|number| format!("source-{number}")).collect();
            let fakes: Vec<_> = names.iter().zip(&acts).map(|(name, acts)| Fake::new(name, acts.clone())).collect();
            let runner = runner(&fakes, LIMITS);
            let listed: Vec<&str> = names.iter().map(String::as_str).collect();
            for round in 0..8 {
                let started = Instant::now();
                let signals = runner.ask(&flow(&listed), Phase::Assess, &Question::default()).await;
                prop_assert!(started.elapsed() <= LIMITS.timeout);
                let sources: Vec<_> = signals.iter().map(|signal| signal.source.as_str()).collect();
                prop_assert_eq!(&sources, &listed);
                for (signal, acts) in signals.iter().zip(&acts) {
                    let act = &acts[round.min(acts.len() - 1)];
                    let in_time = matches!(act, Act::Answer(after, _) if Duration::from_millis(*after) <= LIMITS.timeout);
                    let low = signal.assessment == Assessment::Level(Level::Low);
                    prop_assert!(!low || in_time, "{signal:?} of {act:?} in round {round}");
                    prop_assert!(low || signal.indicators.len() == 1, "{signal:?} says no cause");
                }
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}
