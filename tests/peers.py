"""Real peers on real sockets that take mail and short messages, and misbehave on command."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

import notifications.settings


@dataclass
class Taken:
    """What a provider has taken: texts by reference, and how often each came."""

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)
    """What to do with the next messages: `later`, `no`, `hang up after`, …; empty means take it."""

    def take(self, reference: str, said: dict[str, str]) -> None:
        self.times[reference] += 1
        self.texts[reference] = said

    def order(self) -> str:
        return self.orders.pop(0) if self.orders else "take"


class MailPeer:
    def __init__(self, taken: Taken) -> None:
        self.taken = taken

    async def handle_RCPT(self, _s: object, _n: object, envelope: object, address: str, _o: object) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 ok"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        if self.taken.order() == "later":
            return "451 try later"
        message = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[attr-defined]
        said = {"to": message["To"], "subject": message["Subject"], "body": message.get_content()}
        self.taken.take(message["Message-ID"].strip("<>").split("@")[0], said)
        return "250 taken"


def sms_peer(taken: Taken) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            order = taken.order()
            if self.headers["Authorization"] != "Bearer sesame":
                return self._answer(401)
            if order in ("later", "no"):
                return self._answer(503 if order == "later" else 400)
            taken.take(said["reference"], said)
            if order == "hang up after":
                self.close_connection = True
                return self.connection.close()
            return self._answer(200)

        def do_GET(self) -> None:
            self._answer(200 if self.path.rsplit("/", 1)[-1] in taken.times else 404)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    return Handler


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def providers() -> Iterator[tuple[Taken, Taken]]:
    """A mail server and an SMS gateway, and the settings that lead to them: (mail, sms)."""
    mail, sms = Taken(), Taken()
    smtp = Controller(MailPeer(mail), hostname="127.0.0.1", port=free_port())
    smtp.start()
    http = ThreadingHTTPServer(("127.0.0.1", 0), sms_peer(sms))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    chosen = notifications.settings.settings()
    kept = {name: getattr(chosen, name) for name in ("smtp_host", "smtp_port", "sms_url", "sms_token")}
    chosen.smtp_host, chosen.smtp_port = "127.0.0.1", smtp.port
    chosen.sms_url = f"http://127.0.0.1:{http.server_port}"
    chosen.sms_token = type(chosen.sms_token)("sesame")
    try:
        yield mail, sms
    finally:
        for name, value in kept.items():
            setattr(chosen, name, value)
        http.shutdown()
        smtp.stop()
