"""make bench: the sidecar beside what else could stand in its place, on the same cores in one run; and the operator at its size."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cluster
import footprint
import machine
import peers
import probe
import report
import shared
from peers import Programs, Setting
from reloads import reloads
from rounds import SIDECAR_PLAIN, Rounds, added


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    mix: int  # rounds
    others: int
    seconds: int
    starts: int
    reloads: int


FULL = Effort(mix=7, others=3, seconds=3, starts=21, reloads=200)
QUICK = Effort(mix=1, others=1, seconds=1, starts=3, reloads=20)


def main() -> int:
    arguments = _arguments()
    # A measurement that is interrupted ends its processes, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cores = os.sched_getaffinity(0)
    if arguments.only == "operator":
        return _operator_alone(arguments, cores)
    programs = Programs(_program("nginx"), _program("haproxy"), arguments.envoy, _program("wrk"), arguments.bench, arguments.sidecar)
    os.sched_setaffinity(0, {machine.LOAD})
    # In memory: a decision log on a disk would be measured with its disk.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="riskgate-bench-", dir=memory if memory.is_dir() else None) as folder:
        setting = Setting(programs, Path(folder), Path(folder) / "pki")
        subprocess.run([arguments.simulator, "pki", "--out", str(setting.pki)], check=True)
        began = time.monotonic()
        effort = QUICK if arguments.quick else FULL
        seen = {"machine": machine.facts(vars(setting.programs)), "effort": vars(effort)}
        seen |= _measure_shared(setting, effort) if arguments.only else _measure(setting, effort)
        if not arguments.only:
            seen["operator"] = _operator(arguments, cores)
        seen["minutes"] = round((time.monotonic() - began) / 60, 1)
    if arguments.only:
        _write(arguments, seen)
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "bench.json").write_text(json.dumps(report.as_json(seen), indent=2, ensure_ascii=False) + "\n")
    text = report.markdown(seen)
    (arguments.out / "bench.md").write_text(text)
    print(text)
    return _told(report.rows(seen))


def _told(rows: list[report.Row]) -> int:
    missed = [row.figure for row in rows if row.verdict == "MISSED"]
    if missed:
        print("missed: " + "; ".join(missed), file=sys.stderr)
    return 1 if missed else 0


def _operator_alone(arguments: argparse.Namespace, cores: set[int]) -> int:
    seen = {"machine": machine.facts({}), "operator": _operator(arguments, cores)}
    _write(arguments, seen)
    return _told(report.rows_of_operator(seen["operator"]))


def _operator(arguments: argparse.Namespace, cores: set[int]) -> dict:
    _say("the operator at its size")
    return cluster.measure(arguments.cluster, arguments.operator, cores, cluster.QUICK if arguments.quick else cluster.FULL)


def _write(arguments: argparse.Namespace, seen: dict) -> None:
    """The results of one part alone."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{arguments.only}.json").write_text(json.dumps(seen, indent=2, ensure_ascii=False) + "\n")
    text = report.markdown_of(arguments.only, seen)
    (arguments.out / f"{arguments.only}.md").write_text(text)
    print(text)


def _measure_shared(setting: Setting, effort: Effort) -> dict:
    with peers.upstream(setting) as upstream:
        return {"shared": _shared(setting, upstream, effort)}


def _shared(setting: Setting, upstream: peers.Upstream, effort: Effort) -> dict:
    _say("a store that sidecars share")
    return shared.measure(setting, upstream, _program("redis-server"), effort.others, effort.seconds)


def _measure(setting: Setting, effort: Effort) -> dict:
    seen: dict = {}
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(peers.upstream(setting))
        others = [
            peers.Peer("direct", upstream.plain),
            stack.enter_context(peers.nginx(setting, "nginx-plain", "http", upstream.plain)),
            stack.enter_context(peers.nginx(setting, "nginx", "https", upstream.tls)),
            stack.enter_context(peers.haproxy(setting, upstream.tls)),
            stack.enter_context(peers.envoy(setting, upstream.tls)),
        ]
        _say("does each peer do what it is measured for?")
        for peer in others:
            probe.check(peer, upstream)
        for endpoint in (upstream.endpoint, upstream.plain_endpoint):
            with peers.sidecar(setting, endpoint) as sidecar:
                probe.check(sidecar, upstream)

        rounds = Rounds(setting, upstream, others)
        names = ["direct", "nginx", "haproxy", "envoy", "sidecar"]
        # First, while the machine is calm: after minutes at full load a virtual machine wakes its cores more slowly.
        _say("latency with one connection")
        seen["one_connection"] = rounds.paced(names, effort.others, effort.seconds)
        seen["added_p50_us"] = max(
            added(seen["one_connection"], "sidecar", "direct", kind, "p50") for kind in ("ordersUs", "collectsUs")
        )
        seen["throughput"] = {}
        for load, about in report.LOADS.items():
            _say(f"requests/s: {about}")
            compared, count = names, effort.others
            if load == "mix":
                compared, count = [*names, "nginx-plain", SIDECAR_PLAIN], effort.mix
            seen["throughput"][load] = rounds.throughput(load, compared, count, effort.seconds)

        seen["half_rate"] = seen["throughput"]["mix"]["sidecar"]["rate"] / 2
        _say(f"latency at half load, {seen['half_rate']:,.0f} requests/s")
        offered = ("--connections", "16", "--rate", str(seen["half_rate"]))
        seen["half_load"] = rounds.paced(names, effort.others, effort.seconds, *offered)
        seen["added_p99_us"] = added(seen["half_load"], "sidecar", "nginx", "allUs", "p99")

        seen["shared"] = _shared(setting, upstream, effort)

        _say("memory, binary, cold start")
        seen["memory"] = footprint.memory(setting, upstream)
        seen["binary"] = footprint.binary(setting)
        seen["cold_start"] = footprint.cold_start(setting, upstream, effort.starts)
        _say(f"{effort.reloads} reloads under load")
        seen["reloads"] = reloads(setting, upstream, effort.reloads, seen["half_rate"] / 2)
    return seen


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    for name in ("sidecar", "simulator", "bench", "envoy", "operator", "cluster"):
        parser.add_argument(f"--{name}", required=True, metavar="PROGRAM", help=f"the {name} program; needed where it is measured")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where bench.json and bench.md go")
    parser.add_argument("--quick", action="store_true", help="a smoke test of three minutes; its figures mean little")
    parser.add_argument("--only", choices=["shared", "operator"], help="one part alone, into PART.json and PART.md")
    return parser.parse_args()


def _program(name: str) -> str:
    # Debian keeps servers where only root looks.
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if not found:
        raise SystemExit(f"{name} is missing; make bench installs it")
    return found


def _say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
