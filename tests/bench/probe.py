"""Before anything is measured: does each peer do what it is measured for?"""

import contextlib
import http.client
import json

from peers import Peer, Upstream
from processes import Failed

_ORDER = b'{"endUserIp":"192.0.2.1"}'
_LOW = "0badcafe-0000-4000-8000-000000000001"
_HIGH = "ffffffff-0000-4000-8000-000000000001"  # the upstream gives such orders risk high


def check(peer: Peer, upstream: Upstream) -> None:
    """Fails with what the peer does not do."""
    _forwards(peer, upstream)
    if peer.rewrites:
        _rewrites(peer, upstream)


def _forwards(peer: Peer, upstream: Upstream) -> None:
    """An order reaches the upstream, and a result with low risk comes through byte for byte."""
    before = upstream.counts()["orders"]
    status, order = _post(peer.address, "/rp/v6.0/auth", _ORDER)
    _expect(peer, "an order", status == 200 and "orderRef" in json.loads(order))
    _expect(peer, "an order at the upstream", upstream.counts()["orders"] == before + 1)
    _expect(peer, "an allowed result as it came", _collect(peer.address, _LOW) == _collect(upstream.plain, _LOW))


def _rewrites(peer: Peer, upstream: Upstream) -> None:
    """An order carries risk parameters, and a result with high risk is withheld."""
    before = upstream.counts()["attached"]
    _post(peer.address, "/rp/v6.0/auth", _ORDER)
    _expect(peer, "risk parameters on the order", upstream.counts()["attached"] == before + 1)
    status, result = _collect(peer.address, _HIGH)
    refusal = {"orderRef": _HIGH, "status": "failed", "hintCode": "transactionRiskBlocked"}
    _expect(peer, f"a refusal, not {result!r}", status == 200 and json.loads(result) == refusal)


def _collect(address: str, order: str) -> tuple[int, bytes]:
    return _post(address, "/rp/v6.0/collect", b'{"orderRef":"%s"}' % order.encode())


def _post(address: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _expect(peer: Peer, what: str, holds: bool) -> None:
    if not holds:
        raise Failed(f"{peer.name}: expected {what}")
