"""Drives PyPI `pybankid` (bankid-se.md section 10); the protocol is in driver.py.

The client has no option for another address: section 10 names the attributes to set. Requests, parsing and
exceptions stay its own.
"""

from typing import Any

import httpx
from bankid import BankIDClient
from bankid.certs import get_test_cert_and_key
from bankid.exceptions import BankIDError

import driver


def client(base_url: str) -> BankIDClient:
    certificate, key = get_test_cert_and_key()
    made = BankIDClient(certificates=(str(certificate), str(key)), test_server=True)
    for name in ("auth", "sign", "phone_auth", "phone_sign", "collect", "cancel"):
        setattr(made, f"_{name}_endpoint", f"{base_url}/rp/v6.0/{name.replace('_', '/')}")
    made.client.close()
    made.client = httpx.Client(headers={"Content-Type": "application/json"}, timeout=5)
    return made


CLIENT = client(driver.base_url())


def collect(order_ref: str) -> dict[str, Any]:
    return CLIENT.collect(order_ref)


def cancel(order_ref: str) -> dict[str, Any]:
    return {"cancelled": CLIENT.cancel(order_ref)}


def describe(error: Exception) -> dict[str, Any]:
    """The client drops the status code, and lets httpx's own errors through when there is no answer."""
    return {"status": None, "errorCode": error.json.get("errorCode") if isinstance(error, BankIDError) else None}


if __name__ == "__main__":
    driver.serve(
        {
            "auth": CLIENT.authenticate,
            "sign": CLIENT.sign,
            "phoneAuth": CLIENT.phone_authenticate,
            "phoneSign": CLIENT.phone_sign,
            "collect": collect,
            "cancel": cancel,
        },
        (BankIDError, httpx.HTTPError),
        describe,
    )
