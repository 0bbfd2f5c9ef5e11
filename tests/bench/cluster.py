"""The operator at its size, on a real control plane: the driver of tests/cluster/bench, and what it measured."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from processes import Failed

# The control plane's start, 5,000 pods, a cold start that may take three minutes, and the questions.
_LIMIT = 600


@dataclass(frozen=True)
class Size:
    """How much the operator has to do."""

    policies: int
    pods: int
    seconds: int


FULL = Size(policies=2_000, pods=5_000, seconds=20)
QUICK = Size(policies=100, pods=250, seconds=2)


def measure(driver: str, operator: str, cores: set[int], size: Size) -> dict:
    """What one run showed. The control plane and the operator share all cores: neither runs alone anywhere."""
    options = ("--policies", str(size.policies), "--pods", str(size.pods), "--seconds", str(size.seconds))
    # The driver's processes end with it, and it ends with this one.
    command = ["setpriv", "--pdeathsig", "KILL", "--", driver, *options]
    environment = os.environ | {"RISKGATE_BIN_DIR": str(Path(operator).resolve().parent)}
    run = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        timeout=_LIMIT,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if run.returncode:
        raise Failed(f"the driver of the operator ended with {run.returncode}")
    return json.loads(run.stdout)


def rows(seen: dict) -> list[list[str]]:
    """The lines of the table in docs/benchmarks.md, beside those that have a bar."""
    cold, answers, created = seen["cold"], seen["answers"], seen["created"]
    return [
        ["CPU time of the operator until all are ready", f"{cold['cpuSeconds']:.1f} s"],
        ["memory, all ready", f"{cold['afterMib']:.0f} MiB"],
        ["requests to the API server, a policy", f"{cold['requests']:.1f}"],
        [f"an answer, p50 / p99 / longest of {answers['count']:,}", " / ".join(f"{answers['us'][at] / 1000:.2f}" for at in ("p50", "p99", "max")) + " ms"],
        [f"the API server's own count, {created['count']:,.0f} pods made at {created['rate']:.0f}/s", f"{created['within5Ms']:.1%} within 5 ms, {created['meanMs']:.2f} ms on average"],
    ]
