"""Moments in plain Chinese: whole dates, weekdays, and how much time is left."""

from datetime import datetime, time, timedelta

from tenants.calendar import CHINA, WEEKDAYS


def say_time(at: datetime) -> str:
    """`11月24日(周二)16:05`; midnight is the end of the day before: `24:00`."""
    local = at.astimezone(CHINA)
    clock = f"{local:%H:%M}"
    if local.time() == time():
        local, clock = local - timedelta(days=1), "24:00"
    return f"{local.month}月{local.day}日(周{WEEKDAYS[local.weekday()]}){clock}"


def say_by(at: datetime) -> str:
    return f"{say_time(at)}前"


def say_date(at: datetime) -> str:
    """`2026年11月24日`, for papers."""
    local = at.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def say_span(span: timedelta) -> str:
    """A length of time in its two largest units; under a minute is `不到1分钟`."""
    minutes = int(abs(span).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不到1分钟"


def time_left(due: datetime, now: datetime) -> str:
    return f"还剩{say_span(due - now)}" if due > now else f"已超{say_span(now - due)}"
