"""Delivering notices: claim with a lease, send, write down what happened. One at a time per connection.

No database session is open while a provider is talked to. A worker that dies leaves a lease that runs
out and an attempt without an end; the next worker asks the provider, where it can be asked, before it
sends again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from notifications.channels import Channel, Letter, Line, Refused, Unavailable
from notifications.channels.sms import SmsChannel
from notifications.channels.smtp import SmtpChannel
from notifications.models import Notice, NoticeAttempt
from notifications.settings import NotificationSettings, settings
from tenants.database import Scope, scoped_session
from tenants.ids import new_id
from tenants.vault import vault_of

log = structlog.get_logger()
CLAIM = text(
    """
    update notice set state = 'claimed', lease_until = :lease, attempts = attempts + 1
    where id = any(:ids) and not_before <= :at and channel = :channel
      and (state = 'pending' or (state = 'claimed' and lease_until < :at))
    returning bureau_id, tenant_id, id
    """
)
BACK_OFF = timedelta(seconds=15)
LONGEST_BACK_OFF = timedelta(minutes=30)


@dataclass(frozen=True)
class Claimed:
    key: tuple[UUID, UUID, UUID]
    letter: Letter
    tries: int
    unsure: bool
    """An earlier try ended without our knowing how."""


def channel_named(name: str) -> Channel:
    """Raises KeyError for an unknown channel."""
    makers: dict[str, Callable[[NotificationSettings], Channel]] = {"email": SmtpChannel, "sms": SmsChannel}
    return makers[name](settings())


def clock() -> datetime:
    return datetime.now(UTC)


def deliver(channel: Channel, ids: Sequence[UUID], now: Callable[[], datetime] = clock) -> int:
    """Send those of the notices that are ours to send; returns how many went out."""
    sent = 0
    claimed = _claim(channel, ids, now())
    try:
        if claimed:
            with channel.open() as line:
                while claimed:
                    sent += _send(line, channel, claimed[0], now)
                    claimed.pop(0)
    except Unavailable as error:
        # The line is gone: what is left goes back, without waiting for the lease.
        _put_back(channel, claimed, str(error), now())
    return sent


def _claim(channel: Channel, ids: Sequence[UUID], at: datetime) -> list[Claimed]:
    lease = at + timedelta(seconds=settings().lease_seconds)
    with scoped_session(Scope.system("deliver")) as session:
        values = {"ids": list(ids), "at": at, "lease": lease, "channel": channel.name}
        keys = [tuple(row) for row in session.execute(CLAIM, values)]
        return [_open(session, (key[0], key[1], key[2])) for key in sorted(keys, key=lambda key: key[2])]


def _open(session: Session, key: tuple[UUID, UUID, UUID]) -> Claimed:
    notice = session.get_one(Notice, key)
    letter = vault_of(session, notice.tenant_id).open(notice.sealed, notice.id, "letter")
    unsure = notice.attempts > 1 and bool(
        session.execute(
            text("select 1 from notice_attempt where tenant_id = :tenant and notice_id = :notice and ended_at is null"),
            {"tenant": notice.tenant_id, "notice": notice.id},
        ).first()
    )
    return Claimed(
        key, Letter(str(notice.id), letter["to"], letter["subject"], letter["body"]), notice.attempts, unsure
    )


def _send(line: Line, channel: Channel, claimed: Claimed, now: Callable[[], datetime]) -> int:
    attempt = _begin(channel, claimed, now())
    try:
        answer = "known" if claimed.unsure and line.knows(claimed.letter.reference) else line.send(claimed.letter)
    except Refused as error:
        _end(claimed, attempt, "refused", str(error), now(), state="dead", error=f"refused {error}")
        return 0
    except Unavailable as error:
        _end(claimed, attempt, "unavailable", str(error), now(), **_later(claimed, now()))
        raise
    _end(claimed, attempt, "accepted", answer, now(), state="sent", sent_at=now(), error=None)
    return 1


def _begin(channel: Channel, claimed: Claimed, at: datetime) -> UUID:
    attempt = new_id()
    bureau, tenant, notice = claimed.key
    with scoped_session(Scope.system("deliver")) as session:
        session.add(
            NoticeAttempt(
                bureau_id=bureau,
                tenant_id=tenant,
                id=attempt,
                notice_id=notice,
                provider=channel.provider,
                started_at=at,
            )
        )
    return attempt


def _end(claimed: Claimed, attempt: UUID, outcome: str, response: str, at: datetime, **changes: object) -> None:
    bureau, tenant, _ = claimed.key
    with scoped_session(Scope.system("deliver")) as session:
        row = session.get_one(NoticeAttempt, (bureau, tenant, attempt))
        row.ended_at, row.outcome, row.response = at, outcome, response
        notice = session.get_one(Notice, claimed.key, with_for_update=True)
        for name, value in (changes | {"lease_until": None}).items():
            setattr(notice, name, value)
    log.info("notice", notice=str(claimed.key[2]), outcome=outcome, response=response)


def _later(claimed: Claimed, at: datetime) -> dict[str, object]:
    if claimed.tries >= settings().attempts_most:
        return {"state": "dead", "error": "gave up"}
    wait = min(BACK_OFF * 2 ** (claimed.tries - 1), LONGEST_BACK_OFF)
    return {"state": "pending", "not_before": at + wait, "relayed_until": None}


def _put_back(channel: Channel, claimed: list[Claimed], why: str, at: datetime) -> None:
    """Claimed notices that weren't tried, or whose try is already written down as unavailable."""
    with scoped_session(Scope.system("deliver")) as session:
        for one in claimed:
            notice = session.get_one(Notice, one.key, with_for_update=True)
            if notice.state == "claimed":
                for name, value in (_later(one, at) | {"lease_until": None, "error": why}).items():
                    setattr(notice, name, value)
    log.warning("channel_unavailable", channel=channel.name, why=why, notices=len(claimed))
