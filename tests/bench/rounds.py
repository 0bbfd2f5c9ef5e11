"""Peers side by side, round after round, so that what the machine does meanwhile hits all of them."""

import contextlib
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict

import loads
import peers
from peers import Peer, Setting, Upstream

SIDECAR_PLAIN = "sidecar-plain"

# The peers that others are compared with.
BASES = ("nginx", "nginx-plain", "envoy")

Starter = Callable[[], contextlib.AbstractContextManager[Peer]]


class Rounds:
    """The peers of one benchmark. A sidecar is started anew for every run, so that its store is empty."""

    def __init__(self, setting: Setting, upstream: Upstream, others: list[Peer]):
        self._setting, self._upstream = setting, upstream
        self._starters: dict[str, Starter] = {}
        for peer in others:
            self._starters[peer.name] = lambda peer=peer: contextlib.nullcontext(peer)
        self._starters["sidecar"] = lambda: peers.sidecar(setting, upstream.endpoint)
        self._starters[SIDECAR_PLAIN] = lambda: peers.sidecar(setting, upstream.plain_endpoint, name=SIDECAR_PLAIN)

    def _runs(self, rounds: int, names: list[str]) -> Iterator[Starter]:
        """Each peer once a round, each round starting with another peer."""
        starters = [self._starters[name] for name in names]
        for number in range(rounds):
            first = number % len(starters)
            yield from starters[first:] + starters[:first]
            print(f"    round {number + 1} of {rounds}", file=sys.stderr, flush=True)

    def throughput(self, load: str, names: list[str], rounds: int, seconds: int) -> dict:
        """By peer: medians of what its runs showed, and of its requests/s in ratio to nginx's of the same round."""
        measured = loads.Throughput(self._setting, self._upstream, seconds)
        runs = defaultdict(list)
        for starter in self._runs(rounds, names):
            with starter() as peer:
                runs[peer.name].append(measured.measure(peer, load))
        return {
            name: {key: statistics.median(asdict(run)[key] for run in runs[name]) for key in asdict(runs[name][0])}
            | {"failed": sum(run.failed for run in runs[name])}
            | {f"to_{base}": _ratio(runs[name], runs[base]) for base in BASES if base in names}
            | {"rates": [round(run.rate) for run in runs[name]]}
            for name in names
        }

    def paced(self, names: list[str], rounds: int, seconds: int, *options: str) -> dict:
        """By peer: the loader's reports, one a round, after a short warm-up."""
        reports = defaultdict(list)
        for starter in self._runs(rounds, names):
            with starter() as peer:
                loads.paced(self._setting, peer, "mix", "--seconds", "0.5", *options)
                reports[peer.name].append(loads.paced(self._setting, peer, "mix", "--seconds", str(seconds), *options))
        return reports


def _ratio(own: list[loads.Run], base: list[loads.Run]) -> float:
    return statistics.median(one.rate / other.rate for one, other in zip(own, base, strict=True))


def added(reports: dict, name: str, base: str, *path: str) -> float:
    """How much more the reports of one peer show than another's of the same round: the median over the rounds."""

    def at(report: dict) -> float:
        for key in path:
            report = report[key]
        return report

    pairs = zip(reports[name], reports[base], strict=True)
    return statistics.median(at(own) - at(other) for own, other in pairs)
