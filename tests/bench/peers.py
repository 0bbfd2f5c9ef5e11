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
from processes import await_listening, free_address, ready_line, running

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

    @property
    def endpoint(self) -> str:
        """Where a sidecar finds it."""
        return f"https://localhost:{_port(self.tls)}"

    @property
    def plain_endpoint(self) -> str:
        """The same without TLS."""
        return f"http://{self.plain}"

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
    rewrites: bool = False


@contextlib.contextmanager
def upstream(setting: Setting) -> Iterator[Upstream]:
    log = setting.folder / "upstream.log"
    command = (setting.programs.bench, "upstream", "--pki", str(setting.pki))
    with running(machine.LOAD, *command, log=log, stdout=subprocess.PIPE) as process:
        ready = ready_line(process, log)
        yield Upstream(ready["plain"], ready["tls"], process.pid)


@contextlib.contextmanager
def nginx(setting: Setting, name: str, scheme: str, upstream_address: str) -> Iterator[Peer]:
    address, folder = free_address(), _folder(setting, name)
    config = _written(setting, folder, "nginx.conf", address=address, scheme=scheme, upstream=upstream_address)
    command = (setting.programs.nginx, "-p", str(folder), "-c", str(config), "-e", "stderr")
    with _listening(name, address, folder, command) as peer:
        yield peer


@contextlib.contextmanager
def haproxy(setting: Setting, upstream_address: str) -> Iterator[Peer]:
    address, folder = free_address(), _folder(setting, "haproxy")
    config = _written(setting, folder, "haproxy.cfg", address=address, upstream=upstream_address)
    pair = setting.pki / "secrets/bankid-rp"
    (folder / "rp.pem").write_text((pair / "tls.crt").read_text() + (pair / "tls.key").read_text())
    with _listening("haproxy", address, folder, (setting.programs.haproxy, "-db", "-f", str(config))) as peer:
        yield peer


@contextlib.contextmanager
def envoy(setting: Setting, upstream_address: str) -> Iterator[Peer]:
    address, folder = free_address(), _folder(setting, "envoy")
    config = _written(
        setting, folder, "envoy.yaml", port=_port(address), upstream_port=_port(upstream_address), here=HERE / "peers"
    )
    limits = ("--concurrency", "1", "--disable-hot-restart", "--log-level", "error")
    command = (setting.programs.envoy, "-c", str(config), *limits)
    with _listening("envoy", address, folder, command, rewrites=True) as peer:
        yield peer


@contextlib.contextmanager
def _listening(
    name: str, address: str, folder: Path, command: tuple[str, ...], *, rewrites: bool = False
) -> Iterator[Peer]:
    log = folder / "stderr.log"
    with running(machine.PROXY, *command, log=log) as process:
        await_listening(address, process, log)
        yield Peer(name, address, process.pid, rewrites=rewrites)


@contextlib.contextmanager
def sidecar(
    setting: Setting, endpoint: str, *, name: str = "sidecar", store: str = _ROOM, mounted: Path | None = None
) -> Iterator[Peer]:
    """A fresh sidecar: its store is empty. `mounted` holds its configuration and credentials when somebody else wrote them."""
    folder = _folder(setting, "sidecar")
    log, decisions = folder / "stderr.log", _decisions(setting)
    decisions.unlink(missing_ok=True)
    if mounted is None:
        sidecar_config(setting, folder, endpoint, store=store)
    command = sidecar_command(setting, mounted)
    with running(machine.PROXY, *command, log=log, stdout=subprocess.PIPE) as process:
        ready = ready_line(process, log)
        health = f"127.0.0.1:{_port(ready['health'])}"
        yield Peer(name, ready["providers"]["bankid"], process.pid, health, decisions, rewrites=True)


def sidecar_command(setting: Setting, mounted: Path | None = None) -> tuple[str, ...]:
    """The command that starts a sidecar whose configuration is written."""
    config, credentials = setting.folder / "sidecar/sidecar.yaml", setting.pki
    if mounted:
        config, credentials = mounted / "sidecar.yaml", mounted
    return (setting.programs.sidecar, "--config", str(config), "--credentials", str(credentials))


def sidecar_config(
    setting: Setting,
    folder: Path,
    endpoint: str,
    *,
    store: str = _ROOM,
    store_config: str | None = None,
    challenge_at: str = "High",
) -> None:
    """Writes sidecar.yaml into the folder. `store_config` is another store than memory of the size `store`."""
    store_config = store_config or f"{{ memory: {{ maxBytes: {store} }} }}"
    values = {"decisions": _decisions(setting), "store": store_config, "challenge_at": challenge_at}
    _written(setting, folder, "sidecar.yaml", endpoint=endpoint, **values)


def _decisions(setting: Setting) -> Path:
    # Not beside the configuration: whatever changes in that folder is looked at as a change of it.
    return setting.folder / "decisions.log"


def _folder(setting: Setting, name: str) -> Path:
    folder = setting.folder / name
    folder.mkdir(exist_ok=True)
    return folder


def _port(address: str) -> str:
    return address.rpartition(":")[2]


def _written(setting: Setting, folder: Path, template: str, **values: object) -> Path:
    """Fills the places of a template, `{{name}}`, and writes it into the folder."""
    values |= {"folder": folder, "pki": setting.pki}
    text = (HERE / "peers" / template).read_text()
    path = folder / template
    path.write_text(re.sub(r"\{\{(\w+)\}\}", lambda place: str(values[place[1]]), text))
    return path
