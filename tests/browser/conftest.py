"""A real browser with our fonts, and the web on a real socket."""

import os
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    from portal.app import create_app
    from portal.settings import settings

    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    settings().portal_url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield settings().portal_url
    server.shutdown()
