"""Cron expressions and time zones of deployment windows, as CodePipeline's rule reference has them.

CodePipeline User Guide, rule-reference-DeploymentWindow.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import cron
from settings import SettingsError
from tests.unit.edits import put
from tests.unit.harness import settings


def _days(expression: str, year: int, month: int) -> list[int]:
    """Days of a month that the window opens on."""
    start = datetime(year, month, 1, 12, tzinfo=UTC)
    every = [start + timedelta(days=days) for days in range(31)]
    return [day.day for day in every if day.month == month and cron.matches(expression, day)]


@pytest.mark.parametrize(
    ("expression", "moment", "inside"),
    [
        ("0 0 9-17 ? * MON-FRI *", datetime(2026, 5, 4, 9, 0, tzinfo=UTC), True),
        ("0 0 9-17 ? * MON-FRI *", datetime(2026, 5, 4, 9, 1, tzinfo=UTC), False),
        ("* * * ? * 1 *", datetime(2026, 5, 3, 1, 1, tzinfo=UTC), True),
        ("* 0/15 * * MAY ?", datetime(2026, 5, 3, 1, 45, tzinfo=UTC), True),
        ("* 5/15 * * * ? 2026-2030/2", datetime(2027, 5, 3, 1, 20, tzinfo=UTC), False),
        ("* * * 1,15 1-6 ?", datetime(2026, 5, 15, 1, 20, tzinfo=UTC), True),
        ("*  */20\t* ? * sat", datetime(2026, 5, 2, 1, 40, 59, tzinfo=UTC), True),
        ("0 10-30/10 * ? * *", datetime(2026, 5, 2, 1, 30, tzinfo=UTC), True),
        ("0 10-30/10 * ? * *", datetime(2026, 5, 2, 1, 40, tzinfo=UTC), False),
    ],
)
def test_a_window_reads_as_documented(expression: str, moment: datetime, inside: object) -> None:
    assert cron.matches(expression, moment) is inside


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 * * L * ?", [31]),
        ("0 * * L-3 * ?", [28]),
        ("0 * * LW * ?", [29]),  # May 2026 ends on a Sunday
        ("0 * * 15W * ?", [15]),
        ("0 * * 16W * ?", [15]),  # a Saturday
        ("0 * * 17W * ?", [18]),  # a Sunday
        ("0 * * 31W * ?", [29]),
        ("0 * * ? * 6L", [29]),
        ("0 * * ? * FRIL", [29]),
        ("0 * * ? * L", [2, 9, 16, 23, 30]),
        ("0 * * ? * 6#3", [15]),
        ("0 * * ? * SUN#5", [31]),
        ("0 * * ? * TUE#5", []),
        ("0 * * 1,8-10 * ?", [1, 8, 9, 10]),
    ],
)
def test_days_are_counted_as_documented(expression: str, days: list[int]) -> None:
    assert _days(expression, 2026, 5) == days


def test_a_weekday_nearest_the_first_stays_in_its_month() -> None:
    assert _days("0 * * 1W * ?", 2026, 8) == [3], "the first of August 2026 is a Saturday"


REFUSED = {
    "five fields": ("0 9 * * *", "has 5 fields"),
    "eight fields": ("0 0 9 ? * * * *", "has 8 fields"),
    "nothing": ("", "has 0 fields"),
    "both days": ("0 0 9 1 * MON", "gives both of day of month and day of week"),
    "stars for both days": ("0 0 9 * * *", "exactly one of them is"),
    "neither day": ("0 0 9 ? * ?", "gives neither"),
    "a minute too many": ("0 60 * * * ?", "field minutes has '60'"),
    "an hour too many": ("0 0 24 * * ?", "field hours has '24'"),
    "a day of week of Unix": ("0 0 9 ? * 0", "field day of week has '0'"),
    "a month that is none": ("0 0 9 ? MAI MON", "field month has 'MAI'"),
    "a question mark for the hour": ("0 0 ? * * ?", "field hours has"),
    "a year too early": ("0 0 9 ? * * 1969", "field year has '1969'"),
    "a step of nothing": ("0 0/0 9 ? * *", "field minutes has '0'"),
    "an empty step": ("0 0/ 9 ? * *", "field minutes has ''"),
    "a range backwards": ("0 0 22-2 ? * *", "runs backwards; write it as two, 22-23,0-2"),
    "a range of days backwards": ("0 0 9 ? * FRI-MON", "runs backwards"),
    "a sixth Friday": ("0 0 9 ? * 6#6", "has '6'"),
    "the last in a list": ("0 0 9 1,L * ?", "field day of month has 'L'"),
    "a weekday in the week": ("0 0 9 ? * 5W", "field day of week has '5W'"),
    "the third in the month": ("0 0 9 6#3 * ?", "field day of month has '6#3'"),
    "an expression of EventBridge": ("cron(0 9 ? * MON-FRI *)", "exactly one of them is ?"),
    "other digits": ("0 0 ٩ ? * *", "field hours has"),
    "a day that no February has": ("0 * * 30 FEB ?", "opens on no day that there is"),
    "a day before every month": ("0 * * L-31 * ?", "opens on no day that there is"),
    "a leap day of other years": ("0 * * 29 2 ? 2027/4", "opens on no day that there is"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_expression_that_codepipeline_would_refuse_is_refused_when_settings_load(name: str) -> None:
    expression, words = REFUSED[name]
    with pytest.raises(SettingsError) as refused:
        settings(put("release.window", {"cron": expression}))
    text = str(refused.value)
    assert text.startswith("delivery:release.window.cron: cron "), text
    assert words in text, text
    assert "write it as" in text, "an example says more than a grammar"


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("Europe/Berlin", 1),
        ("America/New_York", -5),
        ("UTC", 0),
        ("UTC+05:30", 5.5),
        ("UTC-03:00", -3),
        ("EST", -5),
        ("PST", -8),
        ("IST", 5.5),
        ("GMT", 0),
    ],
)
def test_each_documented_form_of_a_time_zone_is_taken(name: str, offset: float) -> None:
    given = settings(put("release.window", {"cron": cron.EXAMPLE, "timeZone": name})).release.window
    assert given is not None
    there = datetime(2026, 1, 15, tzinfo=cron.zone(given.time_zone))
    assert there.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlyn",
        "Berlin",
        "UTC+5",
        "UTC+05:60",
        "UTC+25:00",
        "UTC+\u0660\u0665:\u0663\u0660",
        "GMT+2",
        "XYZ",
        "",
        "../etc/passwd",
        "europe/berlin\n",
    ],
)
def test_a_time_zone_that_codepipeline_would_refuse_is_refused_when_settings_load(name: str) -> None:
    with pytest.raises(SettingsError, match=r"delivery:release\.window\.timeZone") as refused:
        settings(put("release.window", {"cron": cron.EXAMPLE, "timeZone": name}))
    assert "Europe/Berlin" in str(refused.value), "an example says more than a grammar"


@given(st.text(alphabet="0123456789*?/,-LW#MONFRI ", max_size=30))
def test_whatever_is_taken_can_be_asked(expression: str) -> None:
    try:
        cron.check_expression(expression)
    except cron.InvalidWindow:
        return
    assert cron.matches(expression, datetime(2026, 5, 3, tzinfo=UTC)) in (True, False)
