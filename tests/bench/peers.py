"""What stands between load and upstream: nothing, nginx, HAProxy, Envoy with a Lua filter, the sidecar."""

import contextlib
import http.client
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import machine
from processes import await_listening, free_port, ready_line, running

HERE = Path(__file__).parent

# Room for every order and result of a run: under this load the store is bounded by the run, not by its limit.
_ROOM = "8Gi"


@dataclass(frozen=True)
class Programs:
    """Where the programs are."""

    nginx: str
    haproxy: str
    envoy: str
    wrk: str
    bench: str
    sidecar: str


@dataclass(frozen=True)
class Setting:
    """What every peer is started with."""

    programs: Programs
    folder: Path
    pki: Path


@dataclass(frozen=True)
class Upstream:
    """The upstream, with one address for each transport."""

    plain: str
    tls: str
    pid: int

    def counts(self) -> dict[str, int]:
        """What has reached it so far."""
        connection = http.client.HTTPConnection(self.plain, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", "/counts")
            return json.load(connection.getresponse())


@dataclass(frozen=True)
class Peer:
    """Something that takes requests on `address`. No process: the load goes straight to the upstream."""

    name: str
    address: str
    pid: int | None = None
    health: str | None = None
    decisions: Path | None = None


@contextlib.contextmanager
def upstream(setting: Setting) -> Iterator[Upstream]:
    log = setting.folder / "upstream.log"
    command = (setting.programs.bench, "upstream", "--pki", str(setting.pki))
    with running(machine.LOAD, *command, log=log, stdout=subprocess.PIPE) as process:
        ready = ready_line(process, log)
        yield Upstream(ready["plain"], ready["tls"], process.pid)


@contextlib.contextmanager
def nginx(setting: Setting, name: str, scheme: str, upstream_address: str) -> Iterator[Peer]:
    folder = setting.folder / name
    config = _written(setting, folder, "nginx.conf", scheme=scheme, upstream=upstream_address)
    command = (setting.programs.nginx, "-p", str(folder), "-c", str(config), "-e", "stderr")
    with _listening(name, folder, command) as peer:
        yield peer


@contextlib.contextmanager
def haproxy(setting: Setting, upstream_address: str) -> Iterator[Peer]:
    folder = setting.folder / "haproxy"
    config = _written(setting, folder, "haproxy.cfg", upstream=upstream_address)
    pair = setting.pki / "secrets/bankid-rp"
    (folder / "rp.pem").write_text((pair / "tls.crt").read_text() + (pair / "tls.key").read_text())
    with _listening("haproxy", folder, (setting.programs.haproxy, "-db", "-f", str(config))) as peer:
        yield peer


@contextlib.contextmanager
def envoy(setting: Setting, upstream_address: str) -> Iterator[Peer]:
    folder = setting.folder / "envoy"
    host, port = upstream_address.split(":")
    config = _written(setting, folder, "envoy.yaml", upstream_host=host, upstream_port=port)
    limits = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "error")
    with _listening("envoy", folder, (setting.programs.envoy, "-c", str(config), *limits)) as peer:
        yield peer


@contextlib.contextmanager
def sidecar(
    setting: Setting, upstream_address: str, *, store: str = _ROOM, root: Path | None = None
) -> Iterator[Peer]:
    """A fresh sidecar: its store is empty. `root` holds its configuration and credentials when somebody else wrote them."""
    folder = setting.folder / "sidecar"
    if root is None:
        sidecar_config(setting, folder, upstream_address, store=store)
    log, decisions = folder / "stderr.log", folder / "decisions.log"
    decisions.unlink(missing_ok=True)
    command = sidecar_command(setting, root)
    with running(machine.PROXY, *command, log=log, stdout=subprocess.PIPE) as process:
        ready = ready_line(process, log)
        health = "127.0.0.1:" + ready["health"].rpartition(":")[2]
        yield Peer("sidecar", ready["providers"]["bankid"], process.pid, health, decisions)


def sidecar_command(setting: Setting, root: Path | None = None) -> tuple[str, ...]:
    config, credentials = (root / "config.yaml", root) if root else (setting.folder / "sidecar/sidecar.yaml", setting.pki)
    return (setting.programs.sidecar, "--config", str(config), "--credentials", str(credentials))


def sidecar_config(
    setting: Setting, folder: Path, upstream_address: str, *, store: str = _ROOM, challenge_at: str = "High"
) -> Path:
    decisions = setting.folder / "sidecar/decisions.log"
    port = upstream_address.split(":")[1]
    return _written(
        setting, folder, "sidecar.yaml", decisions=decisions, store=store, upstream_port=port, challenge_at=challenge_at
    )


@contextlib.contextmanager
def _listening(name: str, folder: Path, command: tuple[str, ...]) -> Iterator[Peer]:
    log = folder / "stderr.log"
    address = (folder / "address").read_text()
    with running(machine.PROXY, *command, log=log) as process:
        await_listening(address, process, log)
        yield Peer(name, address, process.pid)


def _written(setting: Setting, folder: Path, template: str, **values: object) -> Path:
    """Writes the configuration of a peer into its folder, with a free address for it to listen on."""
    folder.mkdir(exist_ok=True)
    host, port = "127.0.0.1", free_port()
    (folder / "address").write_text(f"{host}:{port}")
    values |= {"folder": folder, "pki": setting.pki, "here": HERE / "peers"}
    values |= {"host": host, "port": port, "address": f"{host}:{port}"}
    text = (HERE / "peers" / template).read_text()
    path = folder / template
    path.write_text(re.sub(r"\{\{(\w+)\}\}", lambda place: str(values[place[1]]), text))
    return path
