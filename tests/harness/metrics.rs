//! A scrape of `/metrics`, for assertions.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// One scrape.
#[derive(Debug, Clone)]
pub struct Metrics {
    samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// Reads the text format of Prometheus and OpenMetrics.
    ///
    /// # Errors
    /// When a line is no sample.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|line| sample(line).with_context(|| format!("not a sample: {line}")));
        Ok(Self { samples: samples.collect::<Result<_>>()? })
    }

    /// The sum over the samples of this name that carry all these labels; 0 when there is none.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let carries = |sample: &&Sample| {
            labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|is| is == value))
        };
        self.samples
            .iter()
            .filter(|sample| sample.name == name)
            .filter(carries)
            .map(|sample| sample.value)
            .sum()
    }

    /// How many series each metric has, for checks that labels are bounded.
    #[must_use]
    pub fn series(&self) -> BTreeMap<&str, usize> {
        let mut series = BTreeMap::new();
        for sample in &self.samples {
            *series.entry(sample.name.as_str()).or_default() += 1;
        }
        series
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = match line.rsplit_once('}') {
        Some((series, rest)) => (series, rest),
        None => line.split_once(' ')?,
    };
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let value = value.split_whitespace().next()?.parse().ok()?;
    let mut parsed = BTreeMap::new();
    // The values that riskgate gives its labels hold no quotation mark.
    for label in labels.split_terminator("\",").filter(|label| !label.is_empty()) {
        let (key, value) = label.split_once("=\"")?;
        parsed.insert(key.to_owned(), value.trim_end_matches('"').to_owned());
    }
    Some(Sample { name: name.to_owned(), labels: parsed, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP r Requests.\n# TYPE r counter\nr_total{operation=\"Auth\",outcome=\"ok, fine\"} 3\n\
                        r_total{operation=\"Sign\",outcome=\"ok, fine\"} 4 1700000000\nopen 2.5\n# EOF\n";

    #[test]
    fn samples_are_summed_over_the_labels_left_open() {
        let metrics = Metrics::parse(TEXT).unwrap();
        assert!((metrics.sum("r_total", &[("outcome", "ok, fine")]) - 7.0).abs() < f64::EPSILON);
        assert!((metrics.sum("r_total", &[("operation", "Sign")]) - 4.0).abs() < f64::EPSILON);
        assert!((metrics.sum("open", &[]) - 2.5).abs() < f64::EPSILON);
        assert!(metrics.sum("r_total", &[("operation", "Payment")]).abs() < f64::EPSILON);
        assert_eq!(metrics.series()["r_total"], 2);
    }

    #[test]
    fn other_text_is_refused() {
        assert!(Metrics::parse("<html>\n").is_err());
    }
}
