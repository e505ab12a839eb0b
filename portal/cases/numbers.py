"""Case numbers and tracking codes: readable on the phone, checked when typed, guessable by nobody."""

import hmac
import re
from datetime import date
from uuid import UUID

from tenants.vault import fingerprint

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = re.compile(r"([A-Z]{2,4}[0-9]{2,6})-([0-9]{8})-([0-9]{5,})-([0-9A-Z])")
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs, without 0 O 1 I
CODE_LENGTH = 10


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 over letters and digits: finds every single slip and neighbouring swap of digits."""
    total = 36
    for character in body:
        total = (total + ALPHABET.index(character)) % 36 or 36
        total = total * 2 % 37
    return ALPHABET[(37 - total) % 36]


def case_number(station_code: str, day: date, running: int) -> str:
    """`HZ0571-20261123-00042-K`: station, day, running number of the day there, check character."""
    body = f"{station_code}{day:%Y%m%d}{running:05d}"
    return f"{station_code}-{day:%Y%m%d}-{running:05d}-{check_character(body)}"


def parse_number(typed: str) -> tuple[str, str] | None:
    """(number, station code) of what somebody typed, or None when it can't be a case number."""
    tidy = re.sub(r"[\s\-—–_]+", "-", typed.strip().upper())
    match = NUMBER.fullmatch(tidy)
    if not match or check_character("".join(match.groups()[:3])) != match[4]:
        return None
    return tidy, match[1]


def tracking_code(tenant: UUID, submission_key: UUID) -> str:
    """The secret code of a submission: 50 bits, the same again when the same submission is retried."""
    digest = hmac.digest(fingerprint("tracking-code", str(tenant)), submission_key.bytes, "sha256")
    value = int.from_bytes(digest[:8], "big")
    return "".join(CODE_ALPHABET[value >> 5 * place & 31] for place in range(CODE_LENGTH))


def tidy_code(typed: str) -> str:
    """A typed code without spaces and dashes, in capitals."""
    return re.sub(r"[\s-]", "", typed).upper()


def show_code(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"


def tracking_hash(tenant: UUID, code: str) -> bytes:
    """What is stored of a tracking code."""
    return fingerprint("tracking", f"{tenant}:{code}")
