"""make profile: the load under which a sidecar counts what it runs, for the profile that the next one is compiled with."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import loads
import machine
import peers
import probe
from peers import Programs, Setting, Upstream

_SECONDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="make profile", description=__doc__)
    for name in ("sidecar", "simulator", "bench"):
        parser.add_argument(f"--{name}", required=True, metavar="PROGRAM", help=f"the {name} program")
    arguments = parser.parse_args()
    programs = Programs("", "", "", shutil.which("wrk") or "wrk", arguments.bench, arguments.sidecar)
    os.sched_setaffinity(0, {machine.LOAD})
    with tempfile.TemporaryDirectory(prefix="riskgate-profile-") as folder:
        setting = Setting(programs, Path(folder), Path(folder) / "pki")
        subprocess.run([arguments.simulator, "pki", "--out", str(setting.pki)], check=True)
        with peers.upstream(setting) as upstream:
            _train(setting, upstream)


def _train(setting: Setting, upstream: Upstream) -> None:
    """Every load, over both transports. A sidecar adds to the counts when it ends."""
    measured = loads.Throughput(setting, upstream, _SECONDS)
    for endpoint in (upstream.endpoint, upstream.plain_endpoint):
        for load in ("mix", "orders", "collects"):
            with peers.sidecar(setting, endpoint) as sidecar:
                probe.check(sidecar, upstream)
                run = measured.measure(sidecar, load)
            print(f"    {load}: {run.rate:,.0f} requests/s while counting", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
