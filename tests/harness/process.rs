//! A child process: its output, its end, and its certain death.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::de::DeserializeOwned;
use tokio::task::spawn_blocking;

use crate::lines::Lines;
use crate::spawn::spawn;

/// A running child. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    /// The kernel's handle: it names this process and no later one with the same number.
    handle: OwnedFd,
    stdout: Lines,
    stderr: Lines,
}

impl Process {
    /// Starts a command, best one of [`tethered`](crate::tethered).
    ///
    /// # Errors
    /// When there is no such program.
    pub fn start(name: &str, mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command)?;
        let stdout = child.stdout.take().context("stdout is a pipe")?;
        let stderr = child.stderr.take().context("stderr is a pipe")?;
        let handle =
            pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).context("cannot open the process")?;
        let name = name.to_owned();
        Ok(Self { name, child, handle, stdout: Lines::collect(stdout), stderr: Lines::collect(stderr) })
    }

    /// The process number, for `/proc`.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it prints on stdout.
    #[must_use]
    pub fn stdout(&self) -> &Lines {
        &self.stdout
    }

    /// What it prints on stderr.
    #[must_use]
    pub fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// Parses the first line of stdout, which the process prints when it serves.
    ///
    /// # Errors
    /// When it ends or stays silent instead (with its last words on stderr), or prints something else.
    pub async fn ready<T: DeserializeOwned>(&mut self, deadline: Duration) -> Result<T> {
        let first = self.stdout.wait("the ready line", deadline, |line| Some(line.to_owned())).await;
        let Ok(line) = first else {
            let end = self.exited(Duration::from_secs(1)).await;
            let state = end.map_or("it still runs".to_owned(), |status| status.to_string());
            bail!("{} did not become ready ({state}); stderr:\n{}", self.name, self.stderr.tail());
        };
        serde_json::from_str(&line).with_context(|| format!("{}: not a ready line: {line}", self.name))
    }

    /// Writes what it printed on stderr so far into a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_log(&self, path: &Path) -> Result<()> {
        let lines = self.stderr.all().join("\n");
        std::fs::write(path, lines).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Whether it has not ended yet.
    #[must_use]
    pub fn running(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ended = retry_on_intr(|| poll(&mut [PollFd::new(&self.handle, PollFlags::IN)], Some(&now)));
        ended.is_ok_and(|ended| ended == 0)
    }

    /// Sends SIGTERM, and returns at once.
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn terminate(&self) -> Result<()> {
        self.signal(Signal::TERM)
    }

    /// Stops it where it stands: its sockets stay open, and nothing answers.
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        pidfd_send_signal(&self.handle, signal).with_context(|| format!("{} is gone already", self.name))
    }

    /// Kills it, and returns when it is gone.
    pub fn kill(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for the end of the process and of its output.
    ///
    /// # Errors
    /// When it still runs at the deadline.
    pub async fn exited(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let handle = self.handle.try_clone()?;
        let patience = Timespec::try_from(deadline)?;
        let ended = spawn_blocking(move || {
            retry_on_intr(|| poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience)))
        });
        ensure!(ended.await?? == 1, "{} still runs after {deadline:?}", self.name);
        let status = self.child.wait()?;
        self.stdout.closed(deadline).await?;
        self.stderr.closed(deadline).await?;
        Ok(status)
    }

    /// SIGTERM, then [`exited`](Self::exited).
    ///
    /// # Errors
    /// As the two.
    pub async fn stop(&mut self, deadline: Duration) -> Result<ExitStatus> {
        self.terminate()?;
        self.exited(deadline).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PATIENCE;
    use crate::spawn::tethered;

    fn shell(script: &str) -> Process {
        let mut command = tethered("sh");
        command.args(["-c", script]);
        Process::start("shell", command).unwrap()
    }

    #[tokio::test]
    async fn ready_line_output_and_exit_status_are_seen() {
        let mut process = shell(
            r#"echo '{"ready":true}'; trap 'echo bye; exit 7' TERM; echo up >&2; while :; do sleep 0.01; done"#,
        );
        let ready: serde_json::Value = process.ready(PATIENCE).await.unwrap();
        assert_eq!(ready["ready"], true);
        process.stderr().wait("up", PATIENCE, |line| (line == "up").then_some(())).await.unwrap();
        assert_eq!(process.stop(PATIENCE).await.unwrap().code(), Some(7));
        assert_eq!(process.stdout().all().last().unwrap(), "bye");
        assert!(process.terminate().is_err());
    }

    #[tokio::test]
    async fn an_early_end_is_told_with_the_last_words() {
        let error = shell("echo no such file >&2; exit 78").ready::<()>(PATIENCE).await.unwrap_err();
        assert!(error.to_string().contains("did not become ready"), "{error:#}");
        assert!(error.to_string().contains("no such file"), "{error:#}");
    }

    #[tokio::test]
    async fn dropping_the_handle_ends_the_process() {
        let process = shell("exec sleep 1000");
        let folder = format!("/proc/{}", process.id());
        assert!(std::path::Path::new(&folder).exists());
        drop(process);
        assert!(!std::path::Path::new(&folder).exists());
    }
}
