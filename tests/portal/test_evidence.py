"""Evidence: what a file is, is told by its content; metadata doesn't stay; names are unguessable."""

import io
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from portal.evidence.receiving import BadFile, clean, receive, sniff
from portal.gate.files import path_of
from portal.settings import settings


def jpeg(with_place: bool = True, size: tuple[int, int] = (400, 300)) -> bytes:
    """A picture as a phone takes it: with a place in its EXIF and turned by its orientation tag."""
    image = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    if with_place:
        exif[0x0112] = 6
        exif[0x010F] = "PhoneMaker"
        exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"secret place")
    return out.getvalue()


def upload(content: bytes, name: str = "照片.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def test_a_photo_loses_its_place_and_keeps_its_way_up() -> None:
    content = jpeg()
    assert b"PhoneMaker" in content
    kept = clean(upload(content))
    assert b"PhoneMaker" not in kept.content
    assert b"secret place" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as image:
        assert not image.getexif()
        assert image.size == (300, 400)


def test_heic_becomes_a_jpeg_that_every_browser_shows() -> None:
    out = io.BytesIO()
    Image.effect_noise((64, 48), 30).convert("RGB").save(out, "HEIF")
    kept = clean(upload(out.getvalue(), "IMG_1.HEIC"))
    assert kept.media_type == "image/jpeg"
    assert kept.content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"<html><script>alert(1)</script>", None),
        (b"MZ\x90\x00", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"PK\x03\x04", None),
    ],
)
def test_kinds_are_told_by_content(head: bytes, kind: str | None) -> None:
    assert sniff(head + bytes(200)) == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空文件"),
        (b"<html>", "不是可以接收的格式"),
        (b"\xff\xd8\xff" + b"x" * 50, "已损坏"),
        (b"%PDF-" + bytes(20 * 1024 * 1024), "超过20MB"),
    ],
)
def test_bad_files_are_refused_with_a_reason(content: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        clean(upload(content, "../../etc/passwd"))


def test_all_or_none_and_outside_the_web_root(now: datetime) -> None:
    folder = Path(settings().files_dir)
    before = {path for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(BadFile):
        receive([upload(jpeg(False, (20, 20))), upload(b"MZ", "x.exe")], "消费者", now)
    assert {path for path in folder.rglob("*") if path.is_file()} == before
    (row,) = receive([upload(jpeg(False, (20, 20)), "C:\\Users\\王\\照片.jpg")], "消费者", now)
    assert row["label"] == "照片.jpg"
    assert path_of(row["stored_as"]).read_bytes()
    assert "static" not in str(path_of(row["stored_as"]))
    with pytest.raises(BadFile, match="最多上传9个"):
        receive([upload(b"x") for _ in range(10)], "消费者", now)
    for name in ("../secret", "a" * 40 + "/..", ""):
        with pytest.raises(ValueError, match="not a stored name"):
            path_of(name)
