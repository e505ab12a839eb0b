"""A development sink: takes SMTP and the generic SMS gateway's HTTP, keeps each message once as a file.

Usage: inbox.py FOLDER SMTP_PORT HTTP_PORT. It is a real peer over real sockets, for the demo, tests and
benchmarks; what it keeps is shown at /dev/inbox in the demo.
"""

import itertools
import json
import os
import sys
import threading
from datetime import datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time_ns
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller

running = itertools.count()
lock = threading.Lock()


class Box:
    """Messages by reference: a repeat is counted, not shown twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seen: dict[str, int] = {}
        for file in folder.glob("*.json"):
            self.seen[json.loads(file.read_text())["reference"]] = 1

    def put(self, channel: str, reference: str, to: str, subject: str, body: str) -> None:
        with lock:
            self.seen[reference] = self.seen.get(reference, 0) + 1
            if self.seen[reference] > 1:
                with (self.folder / "repeats.log").open("a") as log:
                    log.write(f"{channel} {reference}\n")
                return
            at = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
            letter = {"reference": reference, "at": at, "channel": channel, "to": to, "subject": subject, "body": body}
            path = self.folder / f"{time_ns()}-{next(running):06d}.json"
            draft = path.with_suffix(".part")
            draft.write_text(json.dumps(letter, ensure_ascii=False))
            draft.rename(path)


class Mail:
    def __init__(self, box: Box) -> None:
        self.box = box

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[attr-defined]
        body = message.get_content()
        self.box.put("email", message["Message-ID"], message["To"], message["Subject"], body)
        return "250 taken"


def gateway(box: Box) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            box.put("sms", said["reference"], said["to"], "", said["text"])
            self._answer(200, {"reference": said["reference"]})

        def do_GET(self) -> None:
            known = self.path.rsplit("/", 1)[-1] in box.seen
            self._answer(200 if known else 404, {"known": known})

        def _answer(self, status: int, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler


def serve(folder: Path, smtp_port: int, http_port: int) -> tuple[Controller, ThreadingHTTPServer, Box]:
    """Start both in threads; port 0 takes a free one."""
    box = Box(folder)
    mail = Controller(Mail(box), hostname="127.0.0.1", port=smtp_port)
    mail.start()
    http = ThreadingHTTPServer(("127.0.0.1", http_port), gateway(box))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return mail, http, box


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while os.getppid() != 1:
        threading.Event().wait(1)
