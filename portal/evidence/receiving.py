"""Taking in evidence: what a file is, is told by its content; metadata of images doesn't stay.

JPEG, PNG, HEIC (kept as JPEG, which every browser shows), PDF, MP4, MP3 and M4A.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Protocol
from uuid import UUID

import pillow_heif
import puremagic
from PIL import Image, ImageOps

from portal.gate.files import discard, keep
from portal.settings import settings
from tenants.ids import new_id

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = 80_000_000
IMAGES = {"image/jpeg", "image/png", "image/heic", "image/heif"}
KNOWN = "照片(jpg、png、heic)、PDF、视频(mp4)或录音(mp3、m4a)"
SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf", "video/mp4": ".mp4",
          "audio/mpeg": ".mp3", "audio/mp4": ".m4a"}  # fmt: skip


class BadFile(ValueError):
    """A file that can't be taken; the message says which and why, in Chinese."""


class Upload(Protocol):
    @property
    def filename(self) -> str | None: ...

    @property
    def stream(self) -> Any: ...


@dataclass(frozen=True)
class Clean:
    label: str
    media_type: str
    content: bytes
    original_sha256: bytes


def sniff(content: bytes) -> str | None:
    """The media type by content, or None when it isn't one that is taken."""
    head = content[:64]
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if brand:
        if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"):
            return "image/heic"
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    try:
        found = puremagic.from_string(content[:8192], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if found in ("image/png", "application/pdf"):
        return str(found)
    # An MPEG audio frame begins with eleven set bits; with tags, with "ID3".
    if head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6)):
        return "audio/mpeg"
    return None


def clean(upload: Upload) -> Clean:
    """Read one upload, check it, take an image's metadata out.

    Raises:
        BadFile: too large, empty, of an unknown kind, or a broken image.
    """
    label = PurePath((upload.filename or "文件").replace("\\", "/")).name[:80] or "文件"
    most = settings().file_bytes
    content = upload.stream.read(most + 1)
    if not content:
        raise BadFile(f"“{label}”是空文件,请重新选择。")
    if len(content) > most:
        raise BadFile(f"“{label}”超过{most // 1024 // 1024}MB,请压缩或截取后再传。")
    kind = sniff(content)
    if kind is None:
        raise BadFile(f"“{label}”不是可以接收的格式。可以上传{KNOWN}。")
    digest = sha256(content).digest()
    if kind in IMAGES:
        kind, content = _without_metadata(label, kind, content)
    return Clean(label, kind, content, digest)


def _without_metadata(label: str, kind: str, content: bytes) -> tuple[str, bytes]:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            image = ImageOps.exif_transpose(opened)
            target = "PNG" if kind == "image/png" else "JPEG"
            bare = image if target == "PNG" and image.mode in ("RGB", "RGBA", "L", "LA", "P") else image.convert("RGB")
            # What is saved is a fresh image: pixels only, no EXIF, XMP, comments or profiles.
            fresh = Image.new(bare.mode, bare.size)
            if bare.mode == "P" and (palette := bare.getpalette()):
                fresh.putpalette(palette)
            fresh.paste(bare)
            out = io.BytesIO()
            fresh.save(out, target, **({"quality": 92} if target == "JPEG" else {"optimize": False}))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadFile(f"“{label}”打不开或已损坏,请重新拍照或另存后再传。") from error
    return f"image/{target.lower()}", out.getvalue()


def receive(uploads: list[Upload], by: str, at: datetime) -> list[dict[str, Any]]:
    """Clean all, then keep all: rows of table `evidence` without `case_id`, their files safe on disk.

    Raises:
        BadFile: any of them can't be taken, or they are too many; nothing is kept then.
    """
    if len(uploads) > settings().files_most:
        raise BadFile(f"一次最多上传{settings().files_most}个文件,您选了{len(uploads)}个。")
    rows = []
    for one in [clean(upload) for upload in uploads]:
        stored = keep(one.content)
        row: UUID = new_id()
        rows.append({
            "id": row, "added_at": at, "added_by": by, "label": one.label, "media_type": one.media_type,
            "size": stored.size, "sha256": stored.sha256, "original_sha256": one.original_sha256,
            "stored_as": stored.name,
        })  # fmt: skip
    return rows


def forget(rows: list[dict[str, Any]]) -> None:
    """Remove the files of rows that weren't written after all."""
    for row in rows:
        discard(row["stored_as"])
