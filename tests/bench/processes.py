"""Child processes: each on its core, each ended by its handle, none left behind."""

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 20.0


class Failed(Exception):
    """A process did not do what it was started for."""


def pinned(core: int, *command: str) -> list[str]:
    """The command on that core, killed by the kernel when this process ends in whatever way."""
    return ["setpriv", "--pdeathsig", "KILL", "--", "taskset", "--cpu-list", str(core), *command]


@contextlib.contextmanager
def running(core: int, *command: str, log: Path, stdout: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen]:
    """A process for as long as the context lasts. What it says on stderr goes to `log`, and into the error when it fails."""
    with log.open("w") as stderr:
        process = subprocess.Popen(
            pinned(core, *command), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True
        )
    try:
        yield process
        if process.poll() is not None:
            raise Failed(f"{Path(command[0]).name} ended by itself with {process.returncode}:\n{log.read_text()}")
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def ready_line(process: subprocess.Popen, log: Path) -> dict:
    """The line of JSON that the process prints when it is ready."""
    line = process.stdout.readline()
    if not line:
        raise Failed(f"no ready line:\n{log.read_text()}")
    return json.loads(line)


def free_address() -> str:
    """A loopback address that nobody listens on: for programs that cannot take one themselves and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def await_listening(address: str, process: subprocess.Popen, log: Path) -> None:
    """Waits until a program that says nothing when it is ready accepts connections."""
    host, port = address.split(":")
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"nothing listens on {address}: {error}\n{log.read_text()}") from error
            time.sleep(0.01)
