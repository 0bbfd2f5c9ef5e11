"""What a shared store costs: time a collect, operations and bytes an order, and orders a second with several sidecars."""

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import loads
import machine
import peers
from peers import Peer, Setting, Upstream
from processes import Failed, await_listening, free_address, running
from rounds import added

SHARED = "sidecar-shared"
ORDERS = 2_000
REPLICAS = (1, 2, 4)

# What tells of each operation: reads, scripts that open or settle (by the HDEL in each) and notes that a record was written
# (by their HDEL), and the question whether changes are taken.
_COUNTED = ("hmget", "hdel", "set")


@dataclass(frozen=True)
class Redis:
    """A server that keeps everything in memory."""

    address: str

    @property
    def url(self) -> str:
        return f"redis://{self.address}"

    def ask(self, *words: str) -> str:
        """One command whose answer is a text."""
        command = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection, connection.makefile("rb") as answer:
            connection.sendall(command.encode())
            head = answer.readline().decode()
            if not head.startswith("$"):
                raise Failed(f"redis-server answered {head!r} to {words}")
            return answer.read(int(head[1:])).decode()

    def used(self) -> int:
        """Bytes that its values take, as it accounts for them."""
        return int(_value(self.ask("INFO", "memory"), "used_memory"))

    def operations(self) -> int:
        """Operations that sidecars have asked for so far."""
        stats = self.ask("INFO", "commandstats")

        def calls(name: str) -> int:
            told = _value(stats, f"cmdstat_{name}")
            return int(told.split(",")[0].removeprefix("calls=")) if told else 0

        # The server counts what scripts call, too. A script that opens or settles calls one HDEL: it is counted as that.
        return sum(map(calls, _COUNTED))


def _value(info: str, name: str) -> str:
    lines = (line.partition(":") for line in info.splitlines())
    return next((value for key, _, value in lines if key == name), "")


@contextlib.contextmanager
def redis(setting: Setting, program: str) -> Iterator[Redis]:
    """A server on the core of load and upstream: it is no part of what is measured."""
    address, folder = free_address(), setting.folder / "redis"
    folder.mkdir(exist_ok=True)
    host, port = address.split(":")
    options = ("--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", str(folder))
    log = folder / "stderr.log"
    with running(machine.LOAD, program, *options, log=log) as process:
        await_listening(address, process, log)
        yield Redis(address)


def measure(setting: Setting, upstream: Upstream, program: str, rounds: int, seconds: int) -> dict:
    """Everything about the shared store."""
    seal = setting.pki / "secrets/seal"
    seal.mkdir(exist_ok=True)
    (seal / "key").write_bytes(bytes(range(32)))
    seen: dict = {"one_connection": {"sidecar": [], SHARED: []}}
    for number in range(rounds):
        turns = [_alone, _shared]
        for turn in turns if number % 2 == 0 else reversed(turns):
            name, report = turn(setting, upstream, program, seconds)
            seen["one_connection"][name].append(report)
    for point in ("p50", "p99"):
        seen[f"added_{point}_us"] = added(seen["one_connection"], SHARED, "sidecar", "collectsUs", point)
    seen |= _footprint(setting, upstream, program)
    seen["orders_per_second"] = {count: _orders(setting, upstream, program, count, seconds) for count in REPLICAS}
    return seen


def _alone(setting: Setting, upstream: Upstream, _program: str, seconds: int) -> tuple[str, dict]:
    with peers.sidecar(setting, upstream.endpoint) as peer:
        return "sidecar", _paced(setting, peer, seconds)


def _shared(setting: Setting, upstream: Upstream, program: str, seconds: int) -> tuple[str, dict]:
    with redis(setting, program) as server, _sharing(setting, upstream, server, 1) as (peer,):
        return SHARED, _paced(setting, peer, seconds)


def _paced(setting: Setting, peer: Peer, seconds: int) -> dict:
    loads.paced(setting, peer, "mix", "--seconds", "0.5")
    return _whole(loads.paced(setting, peer, "mix", "--seconds", str(seconds)))


def _whole(report: dict) -> dict:
    if report["failed"]:
        raise Failed(f"with a shared store: {report['failed']} requests failed: {report['failures']}")
    return report


def _footprint(setting: Setting, upstream: Upstream, program: str) -> dict:
    """Operations a login of an order and a collect, and bytes an open order takes in the server."""
    with redis(setting, program) as server, _sharing(setting, upstream, server, 1) as (peer,):
        options = ("--requests", str(ORDERS), "--connections", "8")
        before = server.used()
        _whole(loads.paced(setting, peer, "orders", *options))
        bytes_open = (server.used() - before) / ORDERS
        before = server.operations()
        # An order and its result in turn.
        _whole(loads.paced(setting, peer, "mix", "--requests", str(2 * ORDERS), "--connections", "8"))
        operations = (server.operations() - before) / ORDERS
    return {"bytes_open": bytes_open, "operations": operations}


def _orders(setting: Setting, upstream: Upstream, program: str, count: int, seconds: int) -> float:
    """Orders a second through `count` sidecars at once. They have one core together: what several cost, not what they gain."""
    with redis(setting, program) as server, _sharing(setting, upstream, server, count) as pods:
        options = ("--seconds", str(seconds), "--connections", str(loads.CONNECTIONS // count))
        runs = [
            subprocess.Popen(loads.command(setting, peer, "orders", *options), text=True, stdout=subprocess.PIPE)
            for peer in pods
        ]
        reports = [json.loads(run.communicate()[0]) for run in runs]
    return sum(_whole(report)["requests"] / report["seconds"] for report in reports)


@contextlib.contextmanager
def _sharing(setting: Setting, upstream: Upstream, server: Redis, count: int) -> Iterator[tuple[Peer, ...]]:
    """Sidecars that share the server, each with its configuration and decision log."""
    with contextlib.ExitStack() as stack:
        yield tuple(stack.enter_context(_pod(setting, upstream, server, number)) for number in range(count))


@contextlib.contextmanager
def _pod(setting: Setting, upstream: Upstream, server: Redis, number: int) -> Iterator[Peer]:
    folder = setting.folder / f"pod-{number}"
    folder.mkdir(exist_ok=True)
    store = f"{{ redis: {{ url: \"{server.url}\", sealKeysRef: {{ name: seal, keys: [key] }} }} }}"
    peers.sidecar_config(setting, folder, upstream.endpoint, store_config=store)
    for kind in ("secrets", "configmaps"):
        link = folder / kind
        if not link.exists():
            link.symlink_to(setting.pki / kind)
    with peers.sidecar(setting, upstream.endpoint, name=f"{SHARED}-{number}", mounted=folder) as peer:
        yield peer


def rows(seen: dict) -> list[list[str]]:
    """The lines of the table in docs/benchmarks.md."""
    per_second = seen["orders_per_second"]
    alone = per_second[REPLICAS[0]]
    return [
        ["added to a collect, one connection, p50", f"{seen['added_p50_us']:.0f} µs"],
        ["added to a collect, one connection, p99", f"{seen['added_p99_us']:.0f} µs"],
        ["operations of the server, an order and its result", f"{seen['operations']:.2f}"],
        ["bytes in the server, an open order", f"{seen['bytes_open']:.0f}"],
        *(
            [f"orders/s, sidecars on one core: {count}", f"{rate:,.0f} ({rate / alone:.2f} of one)"]
            for count, rate in per_second.items()
        ),
    ]
