//! What sources say, made up from the command line: `--signal ip=High --score ip=70 --indicator ip=isTor`.

use std::fmt;

use clap::Args;
use riskgate_core::signal::PROVIDER_SOURCE;
use riskgate_core::{Assessment, Phase, Signal};

/// What is said of sources on the command line.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// What a source of the flow says: Low, Moderate, High, Unknown, Unavailable or NotApplicable
    #[arg(long = "signal", value_name = "SOURCE=ASSESSMENT", value_parser = assessment)]
    signals: Vec<Said<Assessment>>,
    /// The score that a source gives with it, 0 to 100
    #[arg(long = "score", value_name = "SOURCE=SCORE", value_parser = score)]
    scores: Vec<Said<u8>>,
    /// An indicator that a source gives with it, or a condition of blockWhen that holds, as the policy writes it
    #[arg(long = "indicator", value_name = "SOURCE=INDICATOR", value_parser = indicator)]
    indicators: Vec<Said<String>>,
}

/// What one option says of one source.
#[derive(Debug, Clone)]
struct Said<T> {
    source: String,
    /// In which phase; none: whenever it is asked.
    phase: Option<Phase>,
    value: T,
}

/// What the sources say.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    signals: Vec<Said<Assessment>>,
    scores: Vec<Said<u8>>,
    indicators: Vec<Said<String>>,
}

/// What does not fit together.
#[derive(Debug, thiserror::Error)]
pub(super) enum SayingError {
    #[error("two options say {what} {source_name} gives; write one")]
    Twice { what: &'static str, source_name: String },
    #[error("a score or an indicator comes with an assessment; write --signal {source_name}=… as well")]
    NoAssessment { source_name: String },
}

impl SourceArgs {
    /// The same, checked: each source gives one assessment and one score a phase, and no score without an assessment.
    pub(super) fn sayings(self) -> Result<Sayings, SayingError> {
        let Self { signals, scores, indicators } = self;
        once("which assessment", &signals)?;
        once("which score", &scores)?;
        let sayings = Sayings { signals, scores, indicators };
        let besides =
            sayings.scores.iter().map(Said::place).chain(sayings.indicators.iter().map(Said::place));
        for (source, phase) in besides.filter(|(source, _)| *source != PROVIDER_SOURCE) {
            let given = |said: &&Said<Assessment>| {
                said.source == source && (phase.is_none() || said.phase.is_none() || said.phase == phase)
            };
            if sayings.signals.iter().find(given).is_none() {
                return Err(SayingError::NoAssessment { source_name: source.to_owned() });
            }
        }
        Ok(sayings)
    }
}

fn once<T>(what: &'static str, said: &[Said<T>]) -> Result<(), SayingError> {
    for (index, one) in said.iter().enumerate() {
        if said[..index].iter().any(|other| other.place() == one.place()) {
            return Err(SayingError::Twice { what, source_name: one.to_string() });
        }
    }
    Ok(())
}

impl<T> Said<T> {
    fn place(&self) -> (&str, Option<Phase>) {
        (&self.source, self.phase)
    }

    fn is_of(&self, source: &str, phase: Phase) -> bool {
        self.source == source && self.phase.is_none_or(|own| own == phase)
    }
}

impl<T> fmt::Display for Said<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Some(phase) => write!(f, "{}@{phase:?}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

impl Sayings {
    /// Every source that something is said of.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        let signals = self.signals.iter().map(|said| said.source.as_str());
        let scores = self.scores.iter().map(|said| said.source.as_str());
        signals.chain(scores).chain(self.indicators.iter().map(|said| said.source.as_str()))
    }

    /// The assessment of the provider's own indication, where the options say it in riskgate's words.
    pub(super) fn of_provider(&self) -> Option<Assessment> {
        self.assessment(PROVIDER_SOURCE, Phase::Assess)
    }

    /// The signal of `source`; none where nothing is said of it.
    pub(super) fn signal(&self, source: &str, phase: Phase) -> Option<Signal> {
        let assessment = self.assessment(source, phase)?;
        let mut signal = Signal::new(source, phase, assessment);
        self.complete(&mut signal);
        Some(signal)
    }

    /// Adds score and indicators to a signal.
    pub(super) fn complete(&self, signal: &mut Signal) {
        let (source, phase) = (signal.source.clone(), signal.phase);
        signal.score = narrowest(&self.scores, &source, phase).copied().or(signal.score);
        for said in self.indicators.iter().filter(|said| said.is_of(&source, phase)) {
            if !signal.has_indicator(&said.value) {
                signal.indicators.push(said.value.clone());
            }
        }
    }

    fn assessment(&self, source: &str, phase: Phase) -> Option<Assessment> {
        narrowest(&self.signals, source, phase).copied()
    }
}

/// What is said of a source in this phase, else of it in any.
fn narrowest<'a, T>(all: &'a [Said<T>], source: &str, phase: Phase) -> Option<&'a T> {
    let fits = || all.iter().filter(|said| said.is_of(source, phase));
    fits().find(|said| said.phase.is_some()).or_else(|| fits().next()).map(|said| &said.value)
}

fn assessment(text: &str) -> Result<Said<Assessment>, String> {
    parse(text, "High", |value| {
        Assessment::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(value)).ok_or_else(|| {
            format!(
                "{value:?} is no assessment; write Low, Moderate, High, Unknown, Unavailable or NotApplicable"
            )
        })
    })
}

fn score(text: &str) -> Result<Said<u8>, String> {
    parse(text, "85", |value| {
        value
            .parse()
            .ok()
            .filter(|score| *score <= 100)
            .ok_or_else(|| format!("{value:?} is no score; write a number from 0 to 100"))
    })
}

fn indicator(text: &str) -> Result<Said<String>, String> {
    parse(text, "isTor", |value| Ok(value.to_owned()))
}

/// Reads `SOURCE=VALUE` or `SOURCE@PHASE=VALUE`.
fn parse<T>(text: &str, example: &str, value: impl Fn(&str) -> Result<T, String>) -> Result<Said<T>, String> {
    let form = || format!("write the source's name and what it says: ip={example}");
    let (place, said) = text.split_once('=').ok_or_else(form)?;
    let (source, phase) = match place.split_once('@') {
        None => (place, None),
        Some((source, phase)) => (source, Some(phase_of(phase)?)),
    };
    if source.is_empty() || said.is_empty() {
        return Err(form());
    }
    Ok(Said { source: source.to_owned(), phase, value: value(said)? })
}

fn phase_of(text: &str) -> Result<Phase, String> {
    [("Screen", Phase::Screen), ("Assess", Phase::Assess)]
        .into_iter()
        .find_map(|(name, phase)| name.eq_ignore_ascii_case(text).then_some(phase))
        .ok_or_else(|| {
            format!("{text:?} is no phase; write Screen (before the order) or Assess (with its result)")
        })
}

#[cfg(test)]
mod tests {
    use riskgate_core::Level;

    use super::*;

    fn sayings(signals: &[&str], scores: &[&str], indicators: &[&str]) -> Result<Sayings, String> {
        let args = SourceArgs {
            signals: signals.iter().map(|text| assessment(text)).collect::<Result<_, _>>()?,
            scores: scores.iter().map(|text| score(text)).collect::<Result<_, _>>()?,
            indicators: indicators.iter().map(|text| indicator(text)).collect::<Result<_, _>>()?,
        };
        args.sayings().map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_said_of_one_phase_holds_in_it_alone() {
        let said = sayings(
            &["ip=low", "ip@Assess=High"],
            &["ip@assess=70"],
            &["ip=country:SE", "ip@Screen=isTor", "provider=amount >= 500"],
        );
        let said = said.unwrap();
        let screened = said.signal("ip", Phase::Screen).unwrap();
        assert_eq!((screened.assessment, screened.score), (Level::Low.into(), None));
        assert_eq!(screened.indicators, ["country:SE", "isTor"]);
        let assessed = said.signal("ip", Phase::Assess).unwrap();
        assert_eq!((assessed.assessment, assessed.score), (Level::High.into(), Some(70)));
        assert_eq!(assessed.indicators, ["country:SE"]);
        assert_eq!(said.signal("fraud", Phase::Assess), None);
        let mut own = Signal::new(PROVIDER_SOURCE, Phase::Assess, Level::Low);
        said.complete(&mut own);
        assert_eq!(own.indicators, ["amount >= 500"]);
    }

    #[test]
    fn what_does_not_read_is_told_with_what_to_write() {
        for (signals, scores, indicators, message) in [
            (&["ip"][..], &[][..], &[][..], "write the source's name and what it says: ip=High"),
            (&["ip=Severe"], &[], &[], "\"Severe\" is no assessment; write Low, Moderate, High"),
            (&["ip@Later=Low"], &[], &[], "\"Later\" is no phase; write Screen"),
            (&["ip=Low"], &["ip=101"], &[], "\"101\" is no score; write a number from 0 to 100"),
            (&["ip=Low", "ip=High"], &[], &[], "two options say which assessment ip gives; write one"),
            (&[], &["ip=5"], &[], "write --signal ip=… as well"),
            (&["ip@Screen=Low"], &[], &["ip@Assess=isTor"], "write --signal ip=… as well"),
            (&["ip="], &[], &[], "write the source's name"),
        ] {
            let error = sayings(signals, scores, indicators).unwrap_err();
            assert!(error.contains(message), "{signals:?} {scores:?} {indicators:?}: {error}");
        }
    }
}
