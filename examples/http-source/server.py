#!/usr/bin/env python3
"""A risk service for riskgate's source `http`, with Python's standard library alone.

It knows addresses that nobody should log in from (a file with one address a line, read anew for each question) and counts
how often an address was asked about in the last minute. Before an order exists it is asked about the user's address; when
the result is there, about the address of the device as well. docs/http-source.md has the contract.

    server.py --certificate tls.crt --key tls.key --token-file token [--client-roots ca.crt] [--listed FILE] [--listen 127.0.0.1:8443]
"""

import argparse
import collections
import hmac
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading
import time

SCHEMA = "riskgate.dev/assessment/v1"
LONGEST_QUESTION = 64 * 1024
WINDOW_SECONDS = 60


class Risk:
    """What is known of addresses."""

    def __init__(self, listed, most_a_minute):
        self.listed = listed
        self.most_a_minute = most_a_minute
        self.lock = threading.Lock()
        self.seen = collections.defaultdict(collections.deque)

    def assess(self, question):
        """The answer to a question; None where nothing is known."""
        texts = [question.get("clientIp"), question.get("deviceIp")]
        addresses = [ipaddress.ip_address(text) for text in texts if text is not None]
        if not addresses:
            return None
        if any(address in self._listed_addresses() for address in addresses):
            return {"assessment": "High", "score": 95, "indicators": ["listed-address"]}
        if question["phase"] == "Screen" and self._count(addresses[0]) > self.most_a_minute:
            return {"assessment": "Moderate", "score": 60, "indicators": ["many-logins"]}
        return {"assessment": "Low", "score": 5}

    def _listed_addresses(self):
        if self.listed is None or not self.listed.exists():
            return set()
        lines = self.listed.read_text(encoding="utf-8").split()
        return {ipaddress.ip_address(line) for line in lines}

    def _count(self, address):
        now = time.monotonic()
        with self.lock:
            for known in [key for key, times in self.seen.items() if times[-1] < now - WINDOW_SECONDS]:
                del self.seen[known]
            times = self.seen[address]
            times.append(now)
            while times[0] < now - WINDOW_SECONDS:
                times.popleft()
            return len(times)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST_QUESTION:
            self.close_connection = True
            return self._answer(413)
        body = self.rfile.read(int(length))
        sent = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(sent, b"Bearer " + self.server.token):
            return self._answer(401)
        if self.path != "/assess":
            return self._answer(404)
        try:
            question = json.loads(body)
            if question["schema"] != SCHEMA:
                return self._answer(400)
            answer = self.server.risk.assess(question)
        except (KeyError, TypeError, ValueError):
            return self._answer(400)
        return self._answer(204) if answer is None else self._answer(200, answer)

    def _answer(self, status, body=None):
        self.send_response(status)
        if body is not None:
            body = json.dumps(body).encode()
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if body is not None:
            self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: questions are about users."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, tls, token, risk):
        super().__init__(address, Handler)
        self.tls, self.token, self.risk = tls, token, risk

    def finish_request(self, request, client_address):
        # In the connection's own thread: a client that is slow to shake hands keeps nobody waiting.
        request.settimeout(Handler.timeout)
        try:
            with self.tls.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except (ssl.SSLError, OSError):
            pass


def arguments():
    parser = argparse.ArgumentParser(description="A risk service for riskgate's source http.")
    parser.add_argument("--listen", default="127.0.0.1:8443", metavar="HOST:PORT")
    parser.add_argument("--certificate", required=True, metavar="FILE")
    parser.add_argument("--key", required=True, metavar="FILE")
    parser.add_argument("--client-roots", metavar="FILE", help="require client certificates below these roots")
    parser.add_argument("--token-file", required=True, type=pathlib.Path, metavar="FILE")
    parser.add_argument("--listed", type=pathlib.Path, metavar="FILE", help="addresses that are High, one a line")
    parser.add_argument("--most-a-minute", type=int, default=20, metavar="N")
    return parser.parse_args()


def main():
    options = arguments()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(options.certificate, options.key)
    if options.client_roots is not None:
        tls.load_verify_locations(options.client_roots)
        tls.verify_mode = ssl.CERT_REQUIRED
    host, port = options.listen.rsplit(":", 1)
    token = options.token_file.read_bytes().strip()
    risk = Risk(options.listed, options.most_a_minute)
    with Server((host, int(port)), tls, token, risk) as server:
        print(json.dumps({"ready": True, "port": server.server_port}), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
