//! The loader: one thread, many connections, every answer checked.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use harness::Latencies;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use crate::connection::{Answer, Connection, Of};
use crate::pace::Pace;

/// How long an answer may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Failures are counted; this many are told in words.
const TOLD: usize = 5;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the requests go
    #[arg(long)]
    address: SocketAddr,
    /// What is asked for
    #[arg(long, value_enum)]
    load: Load,
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Requests a second, whatever the answers do; without it, each connection waits for its answer and goes on
    #[arg(long)]
    rate: Option<f64>,
    #[command(flatten)]
    until: Until,
}

/// When to end.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Until {
    /// After this time
    #[arg(long)]
    seconds: Option<f64>,
    /// After this many requests
    #[arg(long)]
    requests: Option<u64>,
    /// When standard input is closed
    #[arg(long)]
    closed: bool,
}

/// What a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Load {
    /// Orders
    Orders,
    /// An order, its result, the next order
    Mix,
}

/// What became of the requests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    requests: u64,
    failed: u64,
    failures: Vec<String>,
    seconds: f64,
    orders_us: Latencies,
    collects_us: Latencies,
    all_us: Latencies,
}

/// A run.
struct Loader<'a> {
    options: &'a Options,
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
    pace: Pace,
    started: Instant,
    sent: u64,
    orders: Vec<Duration>,
    collects: Vec<Duration>,
    failed: u64,
    failures: Vec<String>,
}

/// Runs, and prints the report.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(options.connections > 0, "--connections 0: nothing can be sent");
    ensure!(options.rate.is_none_or(|rate| rate > 0.0), "--rate 0: nothing is ever due");
    // The kernel may wake a thread 50 µs late, as much as is to be measured.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
    let connections = (0..options.connections)
        .map(|_| Connection::open(options.address, options.load))
        .collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    let mut loader = Loader {
        options,
        idle: (0..connections.len()).collect(),
        connections,
        pace: Pace::new(started, options.rate),
        started,
        sent: 0,
        orders: Vec::new(),
        collects: Vec::new(),
        failed: 0,
        failures: Vec::new(),
    };
    loader.run()?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&loader.report())?)?;
    Ok(())
}

impl Loader<'_> {
    fn run(&mut self) -> Result<()> {
        while !self.ends()? {
            self.send_due()?;
            self.wait()?;
        }
        // What is under way is waited for: a run's last requests count like its first.
        while self.idle.len() < self.connections.len() {
            self.wait()?;
        }
        Ok(())
    }

    fn ends(&self) -> Result<bool> {
        let until = &self.options.until;
        let over = until.seconds.is_some_and(|seconds| self.started.elapsed().as_secs_f64() >= seconds);
        Ok(over
            || until.requests.is_some_and(|requests| self.sent >= requests)
            || (until.closed && input_closed()?))
    }

    fn send_due(&mut self) -> Result<()> {
        let left = self.options.until.requests.map_or(u64::MAX, |requests| requests - self.sent);
        for _ in 0..left {
            let Some(index) = self.idle.front().copied() else { return Ok(()) };
            let Some(due) = self.pace.take(Instant::now()) else { return Ok(()) };
            self.idle.pop_front();
            self.sent += 1;
            if let Err(error) = self.connections[index].send(due) {
                self.fail(index, &error)?;
            }
        }
        Ok(())
    }

    /// Waits for an answer, or until a request is due that a connection is free for.
    fn wait(&mut self) -> Result<()> {
        let flying: Vec<usize> =
            (0..self.connections.len()).filter(|index| self.connections[*index].flies()).collect();
        let due = self.pace.wait(Instant::now()).filter(|_| !self.idle.is_empty());
        let mut fds: Vec<PollFd<'_>> = flying
            .iter()
            .map(|index| PollFd::new(self.connections[*index].stream(), PollFlags::IN))
            .collect();
        let ready = poll(&mut fds, Some(&Timespec::try_from(due.unwrap_or(PATIENCE))?))?;
        ensure!(ready > 0 || due.is_some() || flying.is_empty(), "no answer within {PATIENCE:?}");
        let readable: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        for (index, _) in flying.into_iter().zip(readable).filter(|(_, readable)| *readable) {
            match self.connections[index].receive() {
                Ok(None) => {}
                Ok(Some(Answer { of, latency })) => {
                    match of {
                        Of::Order => self.orders.push(latency),
                        Of::Collect => self.collects.push(latency),
                    }
                    self.idle.push_back(index);
                }
                Err(error) => self.fail(index, &error)?,
            }
        }
        Ok(())
    }

    /// Counts a failure and goes on with a new connection.
    fn fail(&mut self, index: usize, error: &anyhow::Error) -> Result<()> {
        self.failed += 1;
        if self.failures.len() < TOLD {
            self.failures.push(format!("{error:#}"));
        }
        self.connections[index] =
            Connection::open(self.options.address, self.options.load).context("cannot connect any more")?;
        self.idle.push_back(index);
        Ok(())
    }

    fn report(self) -> Report {
        Report {
            requests: self.sent,
            failed: self.failed,
            seconds: self.started.elapsed().as_secs_f64(),
            all_us: Latencies::of([self.orders.as_slice(), &self.collects].concat()),
            orders_us: Latencies::of(self.orders),
            collects_us: Latencies::of(self.collects),
            failures: self.failures,
        }
    }
}

/// Nobody writes to standard input: it is readable when it is closed.
fn input_closed() -> Result<bool> {
    let input = io::stdin();
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    Ok(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0)
}
