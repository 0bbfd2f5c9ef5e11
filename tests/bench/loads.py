"""One run of load against one peer, and what was seen of it."""

import json
import resource
import subprocess
import time
from dataclasses import dataclass

import machine
from peers import HERE, Peer, Setting, Upstream
from processes import Failed, pinned

CONNECTIONS = 50

# More of the cores' time than this in other processes' hands, and a run is repeated.
_FOREIGN = 0.15
_TRIES = 2


@dataclass(frozen=True)
class Run:
    """What one run of wrk showed."""

    rate: float  # requests a second
    p50: float  # microseconds
    p99: float
    failed: int
    cpu: float  # microseconds of the peer's CPU time, a request
    busy: float  # share of the time in which the peer's core worked for the peer
    foreign: float  # share of both cores' time that went to processes outside the measurement
    resident: float  # MiB of the peer's memory afterwards


class Throughput:
    """As many requests as the peer takes, from `CONNECTIONS` connections."""

    def __init__(self, setting: Setting, upstream: Upstream, seconds: int):
        self._setting, self._upstream, self._seconds = setting, upstream, seconds
        self._space = 0

    def measure(self, peer: Peer, load: str) -> Run:
        """A run after a second's warm-up; repeated while the machine was busy with something else."""
        self._wrk(peer, load, 1)
        for _ in range(_TRIES):
            run = self._run(peer, load)
            if run.foreign <= _FOREIGN:
                break
        return run

    def _run(self, peer: Peer, load: str) -> Run:
        counts, decided = self._upstream.counts(), _decided(peer)
        cpu, own, busy, wall = _cpu(peer), self._own(peer), machine.busy_seconds(), time.monotonic()
        seen = self._wrk(peer, load, self._seconds)
        wall, busy = time.monotonic() - wall, machine.busy_seconds() - busy
        cpu, own = _cpu(peer) - cpu, self._own(peer) - own
        self._check(peer, load, seen["requests"], counts, decided)
        return Run(
            rate=seen["requests"] / seen["seconds"],
            p50=seen["p50"],
            p99=seen["p99"],
            failed=seen["failed"],
            cpu=cpu * 1e6 / seen["requests"],
            busy=cpu / wall,
            foreign=max(0.0, busy - own) / (2 * wall),
            resident=machine.resident_kib(peer.pid) / 1024 if peer.pid else 0.0,
        )

    def _wrk(self, peer: Peer, load: str, seconds: int) -> dict:
        self._space += 1
        orders = self._upstream.counts()["orders"]
        script = ("-s", str(HERE / "load.lua"), f"http://{peer.address}", "--", load, f"{self._space:08x}", str(orders))
        command = (self._setting.programs.wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *script)
        output = subprocess.run(pinned(machine.LOAD, *command), check=True, text=True, stdout=subprocess.PIPE).stdout
        return json.loads(output.splitlines()[-1])

    def _own(self, peer: Peer) -> float:
        """CPU time of everything that belongs to the measurement, wrk among the children that have ended."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        here = time.process_time()
        return _cpu(peer) + machine.cpu_seconds(self._upstream.pid) + children.ru_utime + children.ru_stime + here

    def _check(self, peer: Peer, load: str, requests: int, before: dict, decided: int) -> None:
        """Every answer came from the upstream, and was worked on in between: a fast peer that cheats is found out here."""
        after = self._upstream.counts()
        orders, attached, collects = (after[key] - before[key] for key in ("orders", "attached", "collects"))
        # What was under way at the end, here and in the warm-up, is counted at one end only.
        if abs(orders + collects - requests) > 2 * CONNECTIONS:
            raise Failed(f"{peer.name}, {load}: {requests} answers, but {orders + collects} requests at the upstream")
        if peer.rewrites and attached != orders:
            raise Failed(f"{peer.name}, {load}: {orders} orders, {attached} with risk parameters")
        if peer.decisions and abs(_decided(peer) - decided - collects) > 2 * CONNECTIONS:
            raise Failed(f"{peer.name}, {load}: {collects} collects, {_decided(peer) - decided} decision records")


def _cpu(peer: Peer) -> float:
    return machine.cpu_seconds(peer.pid) if peer.pid else 0.0


def _decided(peer: Peer) -> int:
    if not peer.decisions or not peer.decisions.exists():
        return 0
    with peer.decisions.open("rb") as log:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: log.read(1 << 20), b""))


def command(setting: Setting, peer: Peer, load: str, *options: str) -> list[str]:
    """The loader's command, for the schedules that wrk does not have."""
    return pinned(
        machine.LOAD, setting.programs.bench, "load", "--address", peer.address, "--load", load, *options
    )


def paced(setting: Setting, peer: Peer, load: str, *options: str) -> dict:
    """Runs the loader to its end; its report."""
    output = subprocess.run(
        command(setting, peer, load, *options), check=True, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ).stdout
    return json.loads(output)
