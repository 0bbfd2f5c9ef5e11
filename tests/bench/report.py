"""The figures of design.md section 9: bars, goals, and what was measured."""

from dataclasses import asdict, dataclass

import cluster
import shared
from rounds import SIDECAR_PLAIN


@dataclass(frozen=True)
class Row:
    """One figure. With `least`, more is better; else less is."""

    figure: str
    measured: float
    bar: float
    goal: float
    unit: str = ""
    least: bool = False

    @property
    def verdict(self) -> str:
        if self._reaches(self.goal):
            return "goal"
        return "bar" if self._reaches(self.bar) else "MISSED"

    def _reaches(self, mark: float) -> bool:
        return self.measured >= mark if self.least else self.measured <= mark

    def told(self, value: float) -> str:
        sign = "≥ " if self.least else "≤ "
        return f"{sign}{value:g}{self.unit}"


def rows(seen: dict) -> list[Row]:
    """Every row, from everything that was seen."""
    mix, memory = seen["throughput"]["mix"], seen["memory"]
    failed = sum(peer["failed"] for load in seen["throughput"].values() for peer in load.values())
    failed += sum(report["failed"] for key in ("one_connection", "half_load") for reports in seen[key].values() for report in reports)
    return [
        Row("requests/s against nginx, plain upstream", mix[SIDECAR_PLAIN]["to_nginx-plain"], 0.4, 0.6, least=True),
        Row("requests/s against nginx, mutual TLS upstream", mix["sidecar"]["to_nginx"], 0.5, 0.7, least=True),
        Row("requests/s against Envoy with its Lua filter", mix["sidecar"]["to_envoy"], 1.2, 1.5, least=True),
        Row("added latency, one connection, p50", seen["added_p50_us"], 100, 60, " µs"),
        Row("p99 at half load, more than nginx's", seen["added_p99_us"] / 1000, 1, 0.3, " ms"),
        Row("memory, idle", memory["idle"], 12, 8, " MiB"),
        Row("memory, 10,000 open orders", memory["open"], 40, 20, " MiB"),
        Row("binary, stripped", seen["binary"], 16, 12, " MiB"),
        Row("cold start to ready", seen["cold_start"][0], 200, 50, " ms"),
        Row(f"failed requests over {seen['reloads']['changes']} reloads", seen["reloads"]["requests"]["failed"], 0, 0),
        Row("failed requests in everything else", failed, 0, 0),
        *rows_of_operator(seen["operator"]),
    ]


def rows_of_operator(seen: dict) -> list[Row]:
    """The rows of the operator."""
    cold = seen["cold"]
    return [
        Row(f"{seen['policies']:,} policies, {seen['pods']:,} pods: from cold to all Ready", cold["seconds"], 60, 20, " s"),
        Row("the operator's memory meanwhile, at most", cold["peakMib"], 200, 100, " MiB"),
        Row(f"admission answer, p99, {seen['rate']} pods/s", seen["answers"]["us"]["p99"] / 1000, 10, 5, " ms"),
    ]


def as_json(seen: dict) -> dict:
    """Everything, the rows with their verdicts first."""
    return {"rows": [asdict(row) | {"verdict": row.verdict} for row in rows(seen)]} | seen


def markdown(seen: dict) -> str:
    """The tables, as docs/benchmarks.md shows them."""
    parts = [_rows(rows(seen))]
    for load, about in LOADS.items():
        if load in seen["throughput"]:
            parts += [f"{about}:", _peers(seen["throughput"][load])]
    parts += ["One connection, then half of the sidecar's requests/s offered to each (p50 / p99, µs):", _latencies(seen)]
    parts += _shared(seen) + _operator(seen)
    parts += [_rest(seen), _machine(seen)]
    return "\n\n".join(parts) + "\n"


def markdown_of(part: str, seen: dict) -> str:
    """The tables of one part alone."""
    if part == "operator":
        parts = [_rows(rows_of_operator(seen["operator"])), *_operator(seen)]
    else:
        parts = _shared(seen)
    return "\n\n".join([*parts, _machine(seen)]) + "\n"


def _rows(lines: list[Row]) -> str:
    return _table(["figure", "bar", "goal", "measured", "reaches"], map(_row, lines))


def _operator(seen: dict) -> list[str]:
    about = f"The operator on Kubernetes {seen['operator']['kubernetes']}:"
    return [about, _table(["figure", "measured"], cluster.rows(seen["operator"]))]


def _shared(seen: dict) -> list[str]:
    about = "A store that sidecars share (Redis on the core of load and upstream):"
    return [about, _table(["figure", "measured"], shared.rows(seen["shared"]))]


def _machine(seen: dict) -> str:
    return " · ".join(f"{name} {value}" for name, value in seen["machine"].items())


LOADS = {
    "mix": "An order and the result of a known order in turn",
    "orders": "Orders only",
    "collects": "Results of unknown orders only",
}


def _row(row: Row) -> list[str]:
    return [row.figure, row.told(row.bar), row.told(row.goal), f"{row.measured:.3g}{row.unit}", row.verdict]


def _peers(by_peer: dict) -> str:
    columns = ["peer", "req/s", "to nginx", "to Envoy", "p50 µs", "p99 µs", "CPU µs/req", "core busy", "MiB after"]

    def line(name: str, seen: dict) -> list[str]:
        measured = [f"{seen['rate']:,.0f}", f"{seen['to_nginx']:.2f}", f"{seen['to_envoy']:.2f}", f"{seen['p50']:.0f}", f"{seen['p99']:.0f}"]
        process = [f"{seen['cpu']:.1f}", f"{seen['busy']:.0%}", f"{seen['resident']:.0f}"]
        return [name, *measured, *(process if seen["cpu"] else ["–"] * 3)]

    return _table(columns, (line(name, seen) for name, seen in by_peer.items()))


def _latencies(seen: dict) -> str:
    def told(reports: list[dict], kind: str) -> str:
        middle = sorted(reports, key=lambda report: report[kind]["p50"])[len(reports) // 2][kind]
        return f"{middle['p50']:.0f} / {middle['p99']:.0f}"

    def line(name: str) -> list[str]:
        one = [told(seen["one_connection"][name], kind) for kind in ("ordersUs", "collectsUs")]
        half = seen["half_load"].get(name)
        return [name, *one, told(half, "allUs") if half else "–"]

    columns = ["peer", "orders", "collects", f"both, at {seen['half_rate']:,.0f}/s"]
    return _table(columns, map(line, seen["one_connection"]))


def _rest(seen: dict) -> str:
    memory, reloads = seen["memory"], seen["reloads"]
    return (
        f"Of the memory, no file's: {memory['idle_anonymous']:.1f} MiB idle, {memory['open_anonymous']:.1f} MiB with open orders, "
        f"for which the store accounts {memory['store']:.1f} MiB. Slowest start: {seen['cold_start'][1]:.0f} ms. "
        f"Reloads: {reloads['changes']} in {reloads['seconds']:.1f} s under {reloads['requests']['requests']:,} requests, "
        f"{reloads['refused']:.0f} refused."
    )


def _table(columns: list[str], lines: object) -> str:
    head = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    return "\n".join(head + ["| " + " | ".join(line) + " |" for line in lines])
