"""Drives PyPI `tic-identity-python`, REST, hub and webhook check (other-systems.md section B); the protocol is in driver.py."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pydantic
import websockets
from tic.client import TicClient
from tic.exceptions import TicAPIError, TicError
from tic.hub import TicHub
from tic.webhooks import parse_webhook_data, verify_signature

import driver

BASE_URL = driver.base_url()
# The client is asynchronous: it lives on a loop of its own, as it would in an application, so that its hub listens
# between commands.
LOOP = asyncio.new_event_loop()
threading.Thread(target=LOOP.run_forever, daemon=True).start()


def wait(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(work, LOOP).result(timeout=60)


async def make(api_key: str) -> TicClient:
    return TicClient(api_key, base_url=BASE_URL, max_retries=0)


# The sidecar holds the tenant's key; the application's own is of no use to anybody.
CLIENT = wait(make("the-applications-own-key"))


def use_key(api_key: str) -> dict[str, Any]:
    global CLIENT
    CLIENT = wait(make(api_key))
    return {}


def shown(model: pydantic.BaseModel) -> dict[str, Any]:
    return {"class": driver.class_name(model), **model.model_dump(mode="json", by_alias=True, exclude_none=True)}


def auth(end_user_ip: str = "85.24.100.50", **rest: Any) -> dict[str, Any]:
    return shown(wait(CLIENT.start_auth(end_user_ip, **rest)))


def sign(user_visible_data: str, end_user_ip: str = "85.24.100.50", **rest: Any) -> dict[str, Any]:
    return shown(wait(CLIENT.start_sign(end_user_ip, user_visible_data, **rest)))


def poll(session_id: str) -> dict[str, Any]:
    return shown(wait(CLIENT.poll(session_id)))


def status(session_id: str) -> dict[str, Any]:
    return shown(wait(CLIENT.get_status(session_id)))


def collect(session_id: str) -> dict[str, Any]:
    return shown(wait(CLIENT.collect(session_id)))


def qr(session_id: str) -> dict[str, Any]:
    return shown(wait(CLIENT.get_qr(session_id)))


def extend(session_id: str) -> dict[str, Any]:
    return shown(wait(CLIENT.extend(session_id)))


def cancel(session_id: str) -> dict[str, Any]:
    return {"cancelled": wait(CLIENT.cancel(session_id))}


def enrich(session_id: str, types: list[str]) -> dict[str, Any]:
    return shown(wait(CLIENT.start_enrichment(session_id, types)))


def enrichment_data(token: str) -> dict[str, Any]:
    return shown(wait(CLIENT.get_enrichment_data(token)))


class Hub:
    """The client's hub, and the events that its handlers were called with."""

    def __init__(self) -> None:
        self.hub = TicHub(base_url=BASE_URL)
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        heard = lambda name: lambda *said: self.events.put_nowait({"event": name, "said": [shown(one) for one in said]})
        self.hub.on_completed(heard("completed"))
        self.hub.on_failed(heard("failed"))
        self.hub.on_cancelled(heard("cancelled"))
        self.hub.on_status_changed(heard("statusChanged"))
        self.hub.on_disconnected(heard("disconnected"))


HUBS: list[Hub] = []


def hub_connect() -> dict[str, Any]:
    async def work() -> None:
        hub = Hub()
        await hub.hub.connect()
        HUBS.append(hub)

    wait(work())
    return {}


def hub_subscribe(session_id: str, subscription_token: str) -> dict[str, Any]:
    return shown(wait(HUBS[-1].hub.subscribe(session_id, subscription_token)))


def hub_status() -> dict[str, Any]:
    return shown(wait(HUBS[-1].hub.get_status()))


def hub_qr_code() -> dict[str, Any]:
    return {"qrData": wait(HUBS[-1].hub.get_qr_code())}


def hub_event() -> dict[str, Any]:
    return wait(asyncio.wait_for(HUBS[-1].events.get(), timeout=20))


def hub_disconnect() -> dict[str, Any]:
    wait(HUBS.pop().hub.disconnect())
    return {}


def verify_webhook(payload: str, timestamp: str, signature: str, secret: str) -> dict[str, Any]:
    checked = verify_signature(payload, timestamp, signature, secret)
    data = parse_webhook_data(checked)
    return {
        "event": checked.event,
        "data": shown(data) if isinstance(data, pydantic.BaseModel) else {"class": "dict", **data},
    }


def describe(error: Exception) -> dict[str, Any]:
    if isinstance(error, TicAPIError):
        return {"status": error.status_code, "errorCode": error.code}
    return {"status": None, "errorCode": None}


OPERATIONS = [
    use_key, auth, sign, poll, status, collect, qr, extend, cancel, enrich, enrichment_data,
    hub_connect, hub_subscribe, hub_status, hub_qr_code, hub_event, hub_disconnect, verify_webhook,
]  # fmt: skip


def camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


if __name__ == "__main__":
    driver.serve(
        {camel_case(operation.__name__): operation for operation in OPERATIONS},
        (TicError, websockets.exceptions.InvalidStatus),
        describe,
    )
