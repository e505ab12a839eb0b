"""Rows of the outbox: who is told what, by which channel. Written in the act's own transaction."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.messages import PRIORITIES, compose
from tenants.ids import new_id
from tenants.vault import Vault

Row = dict[str, Any]


@dataclass(frozen=True)
class Recipient:
    """Somebody who can be told; either address may be missing."""

    key: str
    """`consumer`, `respondent` or an officer's id."""
    phone: str | None = None
    email: str | None = None

    def addresses(self) -> list[tuple[str, str]]:
        pairs = (("sms", self.phone), ("email", self.email))
        return [(channel, address) for channel, address in pairs if address]


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_email(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def notices(
    vault: Vault, *, event: UUID, template: str, to: Recipient, data: dict[str, Any], at: datetime,
    case: UUID | None = None, priority: str = "consumer", channels: tuple[str, ...] = ("sms", "email"),
) -> list[Row]:  # fmt: skip
    """One row of table `notice` for each channel by which `to` can be reached."""
    rows = []
    for channel, address in to.addresses():
        if channel not in channels:
            continue
        text = compose(template, channel, data)
        row = new_id()
        letter = {"to": address, "subject": text.subject, "body": text.body}
        rows.append({
            "id": row, "event_id": event, "case_id": case, "template": template, "channel": channel,
            "recipient": to.key, "masked": mask_phone(address) if channel == "sms" else mask_email(address),
            "sealed": vault.seal(letter, row, "letter"), "priority": PRIORITIES[priority],
            "created_at": at, "not_before": at, "state": "pending", "relayed_until": None,
            "lease_until": None, "attempts": 0, "sent_at": None, "error": None,
        })  # fmt: skip
    return rows


SMS_LONGEST = 70
PHONE = re.compile(r"1[3-9][0-9]{9}")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
