"""The machine: which core does what, and what processes and cores have used."""

import os
import platform
import re
import subprocess
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
if len(_CORES) < 2:
    raise SystemExit("the benchmarks need two cores: one for the proxy, one for load and upstream")

LOAD, PROXY = _CORES[0], _CORES[-1]


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far, user and system."""
    # The second field is the program's name in parentheses and may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def resident_kib(pid: int) -> int:
    """Resident memory of a process, file pages included."""
    return _status(pid, "VmRSS")


def anonymous_kib(pid: int) -> int:
    """The part of the resident memory that is no file's."""
    return _status(pid, "RssAnon")


def _status(pid: int, field: str) -> int:
    return int(re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def busy_seconds() -> float:
    """Time that the two cores have worked so far, for whomever; stolen time counts as somebody's work."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in (f"cpu{LOAD}", f"cpu{PROXY}"):
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
            total += user + nice + system + irq + softirq + steal
    return total / _TICK


def _first_line(*command: str) -> str:
    output = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    return output.splitlines()[0]


def facts(programs: dict[str, str]) -> dict[str, str]:
    """What a reader needs to place the figures: no names, no paths."""

    def version(*command: str) -> str:
        return re.search(r"\d+\.\d+[\w.+~-]*", _first_line(*command))[0]

    told = {
        "nginx": lambda: version(programs["nginx"], "-v"),
        "haproxy": lambda: version(programs["haproxy"], "-v"),
        "envoy": lambda: re.search(r"/(\d+\.\d+\.\d+)/", subprocess.check_output([programs["envoy"], "--version"], text=True))[1],
        "wrk": lambda: re.search(r"wrk (?:debian/)?(\d[\w.]*)", _wrk_banner(programs["wrk"]))[1],
    }
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    return {
        "kernel": platform.release().split("-")[0],
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        **{name: tell() for name, tell in told.items() if name in programs},
        "rustc": version("rustc", "--version"),
    }


def _wrk_banner(wrk: str) -> str:
    return subprocess.run([wrk, "-v"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
