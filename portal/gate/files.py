"""Files on disk under unguessable names, outside the web root; a name never says what it holds."""

import os
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from portal.settings import settings

NAME = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Stored:
    name: str
    size: int
    sha256: bytes


def path_of(name: str) -> Path:
    """Raises ValueError for anything that isn't a name of ours."""
    if not NAME.fullmatch(name):
        raise ValueError("not a stored name")
    return Path(settings().files_dir) / name[:2] / name


def keep(content: bytes) -> Stored:
    """Write `content` so that it is on the disk when this returns."""
    name = secrets.token_hex(20)
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Stored(name, len(content), sha256(content).digest())


def discard(name: str) -> None:
    """Remove a file that no row names."""
    path_of(name).unlink(missing_ok=True)
