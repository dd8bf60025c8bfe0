"""Cron expression and time zone of a deployment window, read as CodePipeline documents them.

AWS document: CodePipeline User Guide, rule-reference-DeploymentWindow ("Cron", "TimeZone"). The grammar is Quartz's; where the
page is silent, what Quartz refuses is refused: both days given, or neither, and ranges that run backwards.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

_MONTHS = {m: i for i, m in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}  # noqa: SIM905
_DAYS = {d: i for i, d in enumerate("SUN MON TUE WED THU FRI SAT".split(), 1)}  # noqa: SIM905
_FIELDS: list[tuple[str, int, int, Mapping[str, int]]] = [
    ("seconds", 0, 59, {}),
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, {}),
]
_REQUIRED = 6
_SATURDAY, _SUNDAY = 7, 1  # Quartz counts from Sunday = 1
EXAMPLE = "0 * 9-16 ? * MON-FRI *"
"""A window of working hours."""

SEARCHED_DAYS = 4 * 366
"""How far a moment inside a window is looked for: over a leap day."""

_OFFSET = re.compile(r"UTC(?:([+-])([0-9]{2}):([0-9]{2}))?")
_CITY = re.compile(r"[A-Za-z]+/[A-Za-z]+(_[A-Za-z]+)*")

ABBREVIATIONS = {
    "GMT": "Etc/GMT",
    "EST": "Etc/GMT+5",
    "MST": "Etc/GMT+7",
    "HST": "Etc/GMT+10",
    "CET": "CET",
    "EET": "EET",
    "MET": "MET",
    "WET": "WET",
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare",
    "CNT": "America/St_Johns",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa",
    "ECT": "Europe/Paris",
    "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MIT": "Pacific/Apia",
    "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh",
}
"""Abbreviations of the table of Java's time zones that CodePipeline's page refers to, and what they mean there."""

_Day = Callable[[date], bool]


class InvalidWindow(ValueError):
    """The expression or the time zone is not of the documented form."""


def check_expression(expression: str) -> None:
    """Raise InvalidWindow unless CodePipeline takes the expression, and on some day a release may begin."""
    _, _, on_a_day = _read(expression)
    if not any(map(on_a_day, _every_day())):
        raise InvalidWindow(
            f"cron {expression!r} opens on no day that there is, so no release could ever begin: write it as {EXAMPLE}"
        )


def _every_day() -> Iterator[date]:
    """Every day that a year field may name, from the years to come on: most windows open in the first week."""
    years = [*range(2026, 2200), *range(1970, 2026)]
    return (
        date(year, 1, 1) + timedelta(days=day) for year in years for day in range(365 + calendar.isleap(year))
    )


def matches(expression: str, moment: datetime) -> bool:
    """Whether a moment in the window's own time zone is inside it; InvalidWindow if malformed."""
    minutes, hours, on_a_day = _read(expression)
    return moment.minute in minutes and moment.hour in hours and on_a_day(moment)


def next_inside(expression: str, moment: datetime) -> datetime:
    """The moment itself when it is inside the window, else the first minute after it that is, in the same zone.

    InvalidWindow when none is within `SEARCHED_DAYS`, or the expression is malformed.
    """
    if matches(expression, moment):
        return moment
    minutes, hours, on_a_day = _read(expression)
    start = moment.replace(second=0, microsecond=0)
    for days in range(SEARCHED_DAYS):
        day = start + timedelta(days=days)
        if not on_a_day(day):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                candidate = day.replace(hour=hour, minute=minute)
                if candidate > moment:
                    return candidate
    raise InvalidWindow(
        f"cron {expression!r} allows no moment within {SEARCHED_DAYS} days of {moment:%Y-%m-%d}"
    )


def zone(name: str | None) -> tzinfo:
    """The time zone of a window: `Region/City`, `UTC`, `UTC+05:30`, or an abbreviation such as `PST`.

    InvalidWindow for any other text, and for a city that the time zone database does not have.
    """
    given = name or "UTC"
    offset = _OFFSET.fullmatch(given)
    if offset:
        if not offset[1]:
            return UTC
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if away < timedelta(hours=24) and int(offset[3]) < 60:  # noqa: PLR2004  (minutes of an hour)
            return timezone(away if offset[1] == "+" else -away)
    city = given if _CITY.fullmatch(given) else ABBREVIATIONS.get(given, "")
    if city not in available_timezones():
        raise InvalidWindow(
            f"time zone {given!r} is none that CodePipeline knows; write it as Europe/Berlin, UTC+05:30 or PST"
        )
    return ZoneInfo(city)


def _read(expression: str) -> tuple[set[int], set[int], _Day]:
    """Minutes, hours, and whether a date is one of the days; seconds are read but never evaluated ("N/A")."""
    words = expression.upper().split()
    if not _REQUIRED <= len(words) <= len(_FIELDS):
        raise InvalidWindow(
            f"cron {expression!r} has {len(words)} fields; CodePipeline takes seconds, minutes, hours, day of month, month, "
            f"day of week and optionally the year: write it as {EXAMPLE}"
        )
    seconds, minutes, hours, day, month, weekday, *year = words
    if (day == "?") == (weekday == "?"):
        raise InvalidWindow(
            f"cron {expression!r} gives {'neither' if day == '?' else 'both'} of day of month and day of week; "
            f"exactly one of them is ?: write it as {EXAMPLE}"
        )
    _values(seconds, *_FIELDS[0])
    in_month, in_week = _day_of_month(day), _day_of_week(weekday)
    months, years = _values(month, *_FIELDS[4]), _values(year[0] if year else "*", *_FIELDS[6])

    def on_a_day(when: date) -> bool:
        return when.month in months and when.year in years and in_month(when) and in_week(when)

    return _values(minutes, *_FIELDS[1]), _values(hours, *_FIELDS[2]), on_a_day


def _day_of_month(word: str) -> _Day:
    if word == "?":
        return lambda _: True
    if word == "LW":
        return lambda when: when.day == _nearest_weekday(when, _last(when))
    if word == "L" or word.startswith("L-"):
        before = _number(word[2:], *_FIELDS[3]) if word != "L" else 0
        return lambda when: when.day == _last(when) - before
    if word.endswith("W"):
        day = _number(word[:-1], *_FIELDS[3])
        return lambda when: day <= _last(when) and when.day == _nearest_weekday(when, day)
    days = _values(word, *_FIELDS[3])
    return lambda when: when.day in days


def _day_of_week(word: str) -> _Day:
    if word == "?":
        return lambda _: True
    if word == "L":
        return lambda when: _weekday(when) == _SATURDAY
    if word.endswith("L"):
        last = _number(word[:-1], *_FIELDS[5])
        return lambda when: _weekday(when) == last and when.day > _last(when) - 7
    if "#" in word:
        named, _, count = word.partition("#")
        day, nth = _number(named, *_FIELDS[5]), _number(count, "week of a day of week", 1, 5, {})
        return lambda when: _weekday(when) == day and (when.day - 1) // 7 == nth - 1
    days = _values(word, *_FIELDS[5])
    return lambda when: _weekday(when) in days


def _weekday(when: date) -> int:
    return when.isoweekday() % 7 + 1


def _last(when: date) -> int:
    return calendar.monthrange(when.year, when.month)[1]


def _nearest_weekday(when: date, day: int) -> int:
    """Day of the same month that is a weekday and nearest to `day`: it never leaves the month, as in Quartz."""
    weekday = _weekday(when.replace(day=day))
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < _last(when) else day - 2
    return day


def _values(word: str, field: str, low: int, high: int, names: Mapping[str, int]) -> set[int]:
    values: set[int] = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        first, last = _span(span, field, low, high, names)
        if slash and "-" not in span:
            last = high  # 5/15 means from 5 on
        values.update(range(first, last + 1, _number(step, field, 1, high, {}) if slash else 1))
    return values


def _span(span: str, field: str, low: int, high: int, names: Mapping[str, int]) -> tuple[int, int]:
    if span == "*":
        return low, high
    first, dash, last = span.partition("-")
    start = _number(first, field, low, high, names)
    end = _number(last, field, low, high, names) if dash else start
    if end < start:
        raise InvalidWindow(
            f"cron field {field} has the range {span!r}, which runs backwards; write it as two, {first}-{high},{low}-{last}"
        )
    return start, end


def _number(word: str, field: str, low: int, high: int, names: Mapping[str, int]) -> int:
    plain = int(word) if re.fullmatch(r"[0-9]{1,4}", word) else None
    value = names.get(word, plain)
    if value is None or not low <= value <= high:
        raise InvalidWindow(
            f"cron field {field} has {word!r}; CodePipeline takes {low} to {high}, lists, ranges and steps: write it as in {EXAMPLE}"
        )
    return value
