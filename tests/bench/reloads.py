"""Changes of configuration and certificate, as the kubelet makes them, while requests run."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import footprint
import loads
import peers
from peers import Peer, Setting, Upstream
from processes import Failed

_PATIENCE = 20.0


class Mount:
    """A folder as the kubelet mounts a projected volume: everything behind one symlink, `..data`, that is replaced at once."""

    def __init__(self, setting: Setting, upstream: Upstream):
        self._setting, self._upstream = setting, upstream
        self.folder = setting.folder / "mounted"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self._number = 0
        self.change()
        for name in ("sidecar.yaml", "secrets", "configmaps"):
            (self.folder / name).symlink_to(Path("..data", name))

    def change(self) -> None:
        """Another threshold each time, and every second time the other certificate."""
        self._number += 1
        version = self.folder / f"..{self._number}"
        pki = self._setting.pki
        certificate = ("bankid-rp", "bankid-rp-next")[self._number // 2 % 2]
        shutil.copytree(pki / "secrets" / certificate, version / "secrets/bankid-rp")
        shutil.copytree(pki / "configmaps", version / "configmaps")
        threshold = ("High", "Moderate")[self._number % 2]
        peers.sidecar_config(self._setting, version, self._upstream.endpoint, challenge_at=threshold)
        fresh = self.folder / "..data_tmp"
        fresh.symlink_to(version.name)
        os.replace(fresh, self.folder / "..data")
        if self._number > 1:
            shutil.rmtree(self.folder / f"..{self._number - 1}")


def reloads(setting: Setting, upstream: Upstream, changes: int, rate: float) -> dict:
    """Makes that many changes, each after the one before is in force, under that many requests a second."""
    mount = Mount(setting, upstream)
    with peers.sidecar(setting, upstream.endpoint, mounted=mount.folder) as peer:
        command = loads.command(setting, peer, "mix", "--connections", "16", "--rate", f"{rate:.0f}", "--closed")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as loader:
            began = time.monotonic()
            for _ in range(changes):
                before = _revision(peer)
                mount.change()
                _await_other(peer, before)
            seconds = time.monotonic() - began
            report = json.loads(loader.communicate()[0])
        seen = footprint.metrics(peer)
    refused = seen.get('riskgate_config_reloads_total{result="refused"}', 0)
    return {"changes": changes, "refused": refused, "seconds": seconds, "requests": report}


def _revision(peer: Peer) -> str:
    """The series that carries the revision in force."""
    return next(series for series in footprint.metrics(peer) if series.startswith("riskgate_config_info{"))


def _await_other(peer: Peer, revision: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while _revision(peer) == revision:
        if time.monotonic() > deadline:
            raise Failed(f"a change was not taken within {_PATIENCE:.0f} s")
        time.sleep(0.005)
