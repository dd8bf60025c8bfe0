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
_OFFSET = re.compile(r"UTC(?:([+-])(\d{2}):(\d{2}))?")


class InvalidWindow(ValueError):  # noqa: N818  (reads as what it is)
    """The expression or the time zone is not of the documented form."""


def matches(expression: str, moment: datetime) -> bool:
    """Whether a moment in the window's own time zone is inside it; InvalidWindow if malformed."""
    words = expression.split()
    if not _REQUIRED <= len(words) <= len(_FIELDS):
        message = f"cron {expression!r} has {len(words)} fields; it takes 6, and optionally the year"
        raise InvalidWindow(message)
    seen = (
        moment.second,
        moment.minute,
        moment.hour,
        moment.day,
        moment.month,
        moment.isoweekday() % 7 + 1,  # Quartz counts from Sunday = 1
        moment.year,
    )
    allowed = [_values(word, *field) for word, field in zip(words, _FIELDS, strict=False)]
    return all(value in values for value, values in list(zip(seen, allowed, strict=False))[1:])


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
