"""What a sidecar takes: memory, disk, and time until it is ready."""

import statistics
import subprocess
import time
import urllib.request
from pathlib import Path

import loads
import machine
import peers
from peers import Peer, Setting, Upstream
from processes import Failed, ready_line, running

_MIB = 1024  # KiB

OPEN_ORDERS = 10_000


def metrics(peer: Peer) -> dict[str, float]:
    """A scrape of its metrics, by series."""
    with urllib.request.urlopen(f"http://{peer.health}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {series: float(value) for series, _, value in samples}


def memory(setting: Setting, upstream: Upstream) -> dict[str, float]:
    """MiB: after the first scrape, and with open orders in a store of the default size."""
    with peers.sidecar(setting, upstream.endpoint, store="16Mi") as peer:
        metrics(peer)
        idle = machine.resident_kib(peer.pid) / _MIB, machine.anonymous_kib(peer.pid) / _MIB
        orders = ("--requests", str(OPEN_ORDERS), "--connections", str(loads.CONNECTIONS))
        report = loads.paced(setting, peer, "orders", *orders)
        seen = metrics(peer)
        if report["failed"] or seen["riskgate_transactions_open"] != OPEN_ORDERS:
            raise Failed(f"{OPEN_ORDERS} orders: {seen['riskgate_transactions_open']} are open, {report}")
        full = machine.resident_kib(peer.pid) / _MIB, machine.anonymous_kib(peer.pid) / _MIB
        accounted = seen["riskgate_store_bytes"] / 1024 / _MIB
    return {
        "idle": idle[0],
        "idle_anonymous": idle[1],
        "open": full[0],
        "open_anonymous": full[1],
        "store": accounted,
    }


def binary(setting: Setting) -> float:
    """MiB of the sidecar's binary; the release profile strips it."""
    return Path(setting.programs.sidecar).stat().st_size / 1024 / _MIB


def cold_start(setting: Setting, upstream: Upstream, starts: int) -> list[float]:
    """Milliseconds from the start of a process to its ready line; the few of setpriv and taskset count, too."""
    folder = setting.folder / "sidecar"
    folder.mkdir(exist_ok=True)
    peers.sidecar_config(setting, folder, upstream.endpoint)
    times = []
    for _ in range(starts):
        began, log = time.monotonic(), folder / "stderr.log"
        with running(machine.PROXY, *peers.sidecar_command(setting), log=log, stdout=subprocess.PIPE) as process:
            ready_line(process, log)
            times.append((time.monotonic() - began) * 1000)
    return [statistics.median(times), max(times)]
