"""`script/server`: comes up with its demo, falls and rises, and leaves nothing behind on Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("faults")


def processes_in(folder: Path) -> list[str]:
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            words = (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(proc.name) != os.getpid():
            found.append((proc / "cmdline").read_text().replace("\0", " "))
    return found


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    environment = os.environ | {"PORTAL_VAR": str(folder), "PORT": str(19000 + os.getpid() % 900)}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "script" / "supervise.py")], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    return process, said


def test_the_server_comes_up_and_one_interrupt_stops_everything() -> None:
    folder = Path(tempfile.mkdtemp(prefix="portal-server-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        for _ in range(2):
            process, said = start(folder)
            address = re.findall(r"(http://\S+)/login", said)[0]
            page = urllib.request.urlopen(f"{address}/s/HZ0571").read().decode()
            assert "湖滨银泰消费维权服务站" in page
            assert "hubin.zhang" in said
            end = time.monotonic() + 30
            while time.monotonic() < end:
                inbox = urllib.request.urlopen(f"{address}/dev/inbox").read().decode()
                if "短信" in inbox and "投诉已收到" in inbox:
                    break
                time.sleep(0.5)
            assert "投诉已收到" in inbox
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=60)[0]
            assert process.returncode == 0
            assert "已全部停止" in rest
            assert processes_in(folder) == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
