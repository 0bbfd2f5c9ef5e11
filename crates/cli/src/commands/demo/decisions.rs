//! The sidecar's decision log, read as it is written.

use std::os::fd::AsRawFd;
use std::time::Duration;

use anyhow::{Context, ensure};
use riskgate_core::DecisionRecord;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe::{Receiver, Sender, pipe};

use super::application::Received;

/// How long a record may take that no header promised: in Monitor a decision is made after the answer has left.
const PATIENCE: Duration = Duration::from_secs(5);

/// The decision log: the reading end of a pipe that the sidecar opens by path, as it would a file.
pub(super) struct Decisions {
    lines: Lines<BufReader<Receiver>>,
    /// Held so that the path stays, and the log has no end while the sidecar closes and opens it.
    sender: Sender,
}

impl Decisions {
    pub(super) fn new() -> std::io::Result<Self> {
        let (sender, receiver) = pipe()?;
        Ok(Self { lines: BufReader::new(receiver).lines(), sender })
    }

    /// What `log.decisions` has to say.
    pub(super) fn path(&self) -> String {
        format!("/dev/fd/{}", self.sender.as_raw_fd())
    }

    /// The next record.
    pub(super) async fn next(&mut self) -> anyhow::Result<DecisionRecord<'static>> {
        let line = self.lines.next_line().await.context("the decision log cannot be read")?;
        serde_json::from_str(&line.context("the decision log has ended")?)
            .context("a line of the decision log is no decision record")
    }

    /// The record of the decision that ended in `received`; none where nothing was to decide, since the provider itself
    /// refused or failed.
    pub(super) async fn of(
        &mut self,
        received: &Received,
    ) -> anyhow::Result<Option<DecisionRecord<'static>>> {
        let promised = received.header("riskgate-decision-id");
        let Ok(record) = tokio::time::timeout(PATIENCE, self.next()).await else {
            ensure!(promised.is_none(), "the sidecar decided, and did not log it");
            return Ok(None);
        };
        let record = record?;
        if let Some(id) = promised {
            ensure!(record.id == id, "decision {id} was answered with, decision {} was logged", record.id);
        }
        Ok(Some(record))
    }
}
