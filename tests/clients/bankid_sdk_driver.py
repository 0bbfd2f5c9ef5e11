"""Drives PyPI `bankid-sdk` (bankid-se.md section 10); the protocol is in driver.py."""

import dataclasses
from typing import Any

import httpx
from bankid_sdk import BankIDAPIError, BankIDHTTPError, Requirement, SyncV60

import driver

CLIENT = SyncV60(httpx.Client(base_url=driver.base_url()))

STATUS = {"PendingCollect": "pending", "CompleteCollect": "complete", "FailedCollect": "failed"}


def requirement_of(wire: dict[str, Any] | None) -> Requirement | None:
    if wire is None:
        return None
    try:
        return Requirement(**{driver.snake_case(name): value for name, value in wire.items()})
    except TypeError as error:
        raise driver.UsageError(f"this client cannot send the requirement: {error}") from error


def order(response: Any) -> dict[str, Any]:
    return {
        "class": driver.class_name(response),
        "orderRef": response.order_ref,
        "autoStartToken": response.auto_start_token,
        "qrStartToken": response.qr_start_token,
        "qrStartSecret": response.qr_start_secret,
    }


def auth(
    end_user_ip: str,
    requirement: dict[str, Any] | None = None,
    user_visible_data: str | None = None,
    user_non_visible_data: str | None = None,
    user_visible_data_format: Any = None,
) -> dict[str, Any]:
    return order(
        CLIENT.auth(
            end_user_ip,
            requirement_of(requirement),
            user_visible_data,
            user_non_visible_data,
            user_visible_data_format,
        )
    )


def sign(
    end_user_ip: str,
    user_visible_data: str,
    requirement: dict[str, Any] | None = None,
    user_non_visible_data: str | None = None,
    user_visible_data_format: Any = None,
) -> dict[str, Any]:
    return order(
        CLIENT.sign(
            end_user_ip,
            user_visible_data,
            requirement_of(requirement),
            user_non_visible_data,
            user_visible_data_format,
        )
    )


def collect(order_ref: str) -> dict[str, Any]:
    response = CLIENT.collect(order_ref)
    name = driver.class_name(response)
    result = {"class": name, "orderRef": response.order_ref, "status": STATUS[name]}
    if name == "CompleteCollect":
        result["completionData"] = dataclasses.asdict(response.completion_data)
    else:
        result["hintCode"] = response.hint_code.value
    return result


def cancel(order_ref: str) -> dict[str, Any]:
    CLIENT.cancel(order_ref)
    return {}


def describe(error: Exception) -> dict[str, Any]:
    if isinstance(error, BankIDAPIError):
        return {"status": error.response.status_code, "errorCode": error.error_code}
    return {"status": None, "errorCode": None}


if __name__ == "__main__":
    driver.serve(
        {"auth": auth, "sign": sign, "collect": collect, "cancel": cancel},
        (BankIDAPIError, BankIDHTTPError),
        describe,
    )
