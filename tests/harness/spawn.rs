//! Starting children that cannot outlive the test.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Context, Result};

/// A command whose process is killed when the test process ends in whatever way, even by SIGKILL.
pub fn tethered(program: impl AsRef<std::ffi::OsStr>) -> Command {
    // `setpriv` (Debian's util-linux, always there) sets the parent death signal and becomes the program: same process.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    // Clients would ask a proxy for loopback addresses.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

struct Job {
    command: Command,
    reply: Sender<io::Result<Child>>,
}

/// Spawns from a thread that lives as long as the process does: Linux sends the signal when the parent *thread* ends, and
/// the threads of tests and of their runtimes end early.
pub(crate) fn spawn(command: Command) -> Result<Child> {
    static SPAWNER: OnceLock<Sender<Job>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, queue) = channel::<Job>();
        thread::spawn(move || {
            for mut job in queue {
                // A caller that is gone drops the child's handle; the death signal still holds.
                let _ = job.reply.send(job.command.spawn());
            }
        });
        jobs
    });
    let program = format!("{command:?}");
    let (reply, answer) = channel();
    spawner.send(Job { command, reply }).ok().context("the spawning thread is gone")?;
    answer.recv().context("the spawning thread is gone")?.with_context(|| format!("cannot start {program}"))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    use super::*;

    const HOLD: &str = "HARNESS_TEST_HOLDS_A_CHILD";

    #[test]
    fn a_child_dies_with_a_killed_test_process() {
        if std::env::var_os(HOLD).is_some() {
            let mut sleep = tethered("sleep");
            sleep.arg("1000").stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = spawn(sleep).unwrap();
            // Until `setpriv` has become the program, the signal may not be set yet.
            let name = format!("/proc/{}/comm", child.id());
            while std::fs::read_to_string(&name).unwrap().trim() != "sleep" {
                thread::yield_now();
            }
            println!("child {}", child.id());
            child.wait().unwrap();
            return;
        }
        let mut parent = tethered(std::env::current_exe().unwrap());
        parent.args(["--exact", "--nocapture", "spawn::tests::a_child_dies_with_a_killed_test_process"]);
        let mut parent = spawn({
            parent.env(HOLD, "1").stdout(Stdio::piped());
            parent
        })
        .unwrap();
        let output = BufReader::new(parent.stdout.take().unwrap());
        let id =
            output.lines().find_map(|line| line.unwrap().split_once("child ").map(|(_, id)| id.to_owned()));
        let child = Pid::from_raw(id.unwrap().parse().unwrap()).unwrap();
        let child = pidfd_open(child, PidfdFlags::empty()).unwrap();

        parent.kill().unwrap();
        parent.wait().unwrap();
        let patience = Timespec { tv_sec: 20, tv_nsec: 0 };
        assert_eq!(
            poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&patience)).unwrap(),
            1,
            "the child still runs"
        );
    }
}
