"""Quartz-style cron expressions of a deployment window. Pure.

AWS document: codepipeline/latest/userguide/rule-reference-DeploymentWindow.md ("Cron", "TimeZone"). Seconds
are not evaluated there ("N/A") nor here. The forms `L`, `W` and `#` are refused, not misread.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = {m: i for i, m in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}  # noqa: SIM905
_DAYS = {d: i for i, d in enumerate("SUN MON TUE WED THU FRI SAT".split(), 1)}  # noqa: SIM905
_FIELDS: list[tuple[str, int, int, Mapping[str, int]]] = [
    ("seconds", 0, 59, {}),
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day-of-month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 1, 7, _DAYS),
    ("year", 1970, 2199, {}),
]
_REQUIRED = 6
SEARCHED_DAYS = 4 * 366
"""How far a moment inside a window is looked for: over a leap day."""

_OFFSET = re.compile(r"UTC(?:([+-])(\d{2}):(\d{2}))?")


class InvalidWindow(ValueError):  # noqa: N818  (reads as what it is)
    """The expression or the time zone is not of the documented form."""


def matches(expression: str, moment: datetime) -> bool:
    """Whether a moment in the window's own time zone is inside it; InvalidWindow if malformed."""
    minutes, hours, *dates = _allowed(expression)
    return moment.minute in minutes and moment.hour in hours and _on_a_day(dates, moment)


def next_inside(expression: str, moment: datetime) -> datetime:
    """The moment itself when it is inside the window, else the first minute after it that is, in the same zone.

    InvalidWindow when none is within `SEARCHED_DAYS`, or the expression is malformed.
    """
    if matches(expression, moment):
        return moment
    minutes, hours, *dates = _allowed(expression)
    start = moment.replace(second=0, microsecond=0)
    for days in range(SEARCHED_DAYS):
        day = start + timedelta(days=days)
        if not _on_a_day(dates, day):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                candidate = day.replace(hour=hour, minute=minute)
                if candidate > moment:
                    return candidate
    message = f"cron {expression!r} allows no moment within {SEARCHED_DAYS} days of {moment:%Y-%m-%d}"
    raise InvalidWindow(message)


def _allowed(expression: str) -> list[set[int]]:
    """Allowed values of each field but the seconds, which are not evaluated."""
    words = expression.split()
    if not _REQUIRED <= len(words) <= len(_FIELDS):
        message = f"cron {expression!r} has {len(words)} fields; it takes 6, and optionally the year"
        raise InvalidWindow(message)
    return [_values(word, *field) for word, field in zip(words, _FIELDS, strict=False)][1:]


def _on_a_day(allowed: list[set[int]], moment: datetime) -> bool:
    weekday = moment.isoweekday() % 7 + 1  # Quartz counts from Sunday = 1
    seen = (moment.day, moment.month, weekday, moment.year)
    return all(value in values for value, values in zip(seen, allowed, strict=False))


def zone(name: str | None) -> tzinfo:
    """The time zone of a window: `Region/City`, `UTC`, `UTC+05:30`, or an abbreviation the system knows."""
    offset = _OFFSET.fullmatch(name or "UTC")
    if offset:
        if not offset[1]:
            return UTC
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(away if offset[1] == "+" else -away)
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"time zone {name!r} is none this machine knows; write Region/City or UTC+HH:MM"
        raise InvalidWindow(message) from error


def _values(word: str, field: str, low: int, high: int, names: Mapping[str, int]) -> set[int]:
    values: set[int] = set()
    for part in word.upper().split(","):
        span, _, step = part.partition("/")
        first, last = _span(span, field, low, high, names)
        if step and "-" not in span:
            last = high  # 5/15 means from 5 on
        values.update(range(first, last + 1, _number(step or "1", field, 1, high, {})))
    return values


def _span(span: str, field: str, low: int, high: int, names: Mapping[str, int]) -> tuple[int, int]:
    if span == "*" or (span == "?" and field.startswith("day")):
        return low, high
    first, _, last = span.partition("-")
    start = _number(first, field, low, high, names)
    return start, _number(last, field, low, high, names) if last else start


def _number(word: str, field: str, low: int, high: int, names: Mapping[str, int]) -> int:
    value = names.get(word, int(word) if word.isdecimal() else None)
    if value is None or not low <= value <= high:
        message = (
            f"cron field {field} has {word!r}; the rehearsal takes {low} to {high}, lists, ranges and steps"
        )
        raise InvalidWindow(message)
    return value
