"""What the two Python drivers share: one JSON command a line on stdin, one JSON answer a line on stdout.

A driver wraps a client that we did not write and lends it no help: the client builds the request, parses the
answer and raises its own exceptions. The answer says which of four things happened:

    {"ok": true,  "result": {...}}                 the client returned; "class" is the type that it returned
    {"ok": false, "error": {"class", "message", "status", "errorCode"}}   the client's own failure path
    {"ok": false, "crash": {"class", "message"}}   anything else came out of the client: it was not ready for it
    {"ok": false, "usage": "..."}                  the command is wrong; the client was not called
"""

import argparse
import inspect
import json
import re
import sys
import time
from typing import Any, Callable

Operation = Callable[..., dict[str, Any]]


class UsageError(Exception):
    """The command names no operation of this driver, or its arguments do not fit."""


def base_url() -> str:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True, help="http://127.0.0.1:PORT of the sidecar")
    return parser.parse_args().base_url.rstrip("/")


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def parse(line: str) -> tuple[str, dict[str, Any]]:
    try:
        command = json.loads(line)
        return command["do"], command.get("args", {})
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f'write {{"do": OPERATION, "args": {{...}}}} on one line: {error!r}') from error


def call(operation: Operation, args: dict[str, Any]) -> dict[str, Any]:
    """Calls the operation with the wire's names turned into Python's."""
    keywords = {snake_case(name): value for name, value in args.items()}
    try:
        inspect.signature(operation).bind(**keywords)
    except TypeError as error:
        raise UsageError(f"{operation.__name__}: {error}") from error
    return operation(**keywords)


def login(operations: dict[str, Operation], args: dict[str, Any]) -> dict[str, Any]:
    """An auth, then a collect every `pollMs` until the order is over, as an application does."""
    order_args = dict(args)
    interval = order_args.pop("pollMs", 2000) / 1000
    order = call(operations["auth"], order_args)
    polls = 0
    while True:
        polls += 1
        answer = operations["collect"](order["orderRef"])
        if answer["status"] != "pending":
            return {**answer, "polls": polls}
        time.sleep(interval)


def answer(
    line: str,
    operations: dict[str, Operation],
    failures: tuple[type[Exception], ...],
    describe: Callable[[Exception], dict[str, Any]],
) -> dict[str, Any]:
    try:
        name, args = parse(line)
        if name == "login":
            return {"ok": True, "result": login(operations, args)}
        if name not in operations:
            raise UsageError(f"no operation {name!r}; write one of {sorted(operations)} or 'login'")
        return {"ok": True, "result": call(operations[name], args)}
    except UsageError as error:
        return {"ok": False, "usage": str(error)}
    except failures as error:
        return {"ok": False, "error": {"class": class_name(error), "message": str(error), **describe(error)}}
    except Exception as error:  # noqa: BLE001: whatever the client did not foresee is the finding
        return {"ok": False, "crash": {"class": class_name(error), "message": str(error)}}


def class_name(value: object) -> str:
    return type(value).__name__


def serve(
    operations: dict[str, Operation],
    failures: tuple[type[Exception], ...],
    describe: Callable[[Exception], dict[str, Any]],
) -> None:
    """Answers commands until stdin is closed.

    `failures` are the exceptions that the client documents; `describe` adds `status` and `errorCode` of one.
    """
    for line in sys.stdin:
        print(json.dumps(answer(line, operations, failures, describe)), flush=True)
