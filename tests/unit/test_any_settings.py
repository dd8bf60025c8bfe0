"""Whatever stands in a stack's file ends in settings or in a sentence; and what is drawn as valid loads."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rehearsal.errors import StackError
from rehearsal.evaluation import stack_file
from settings import Settings, SettingsError, parse
from tests.unit.edits import put
from tests.unit.harness import raw_settings, settings
from tests.valid_settings import drawn, valid_settings

SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([10**400, "\0", "\ud800", "é\u202e", "-", "1.10", float("inf")])
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | SCALAR, inner, max_size=3)
    ),
    max_leaves=8,
)
PYTHON = ("datetime.", "<class", "Traceback", "NoneType", "dictionary", "instance of")
"""Words that say nothing to who writes YAML."""


def _paths() -> list[str]:
    """A place for each key of the shipped stack, and for some that it leaves out."""
    more = [
        "release.window",
        "release.approval",
        "release.alarms",
        "services.web.sidecars",
        "services.web.rollout",
        "services.web.rollout.lifecycleHooks",
        "services.web.taskRoleStatements",
    ]
    found: list[str] = []

    def walk(value: Any, path: str) -> None:
        for key, inner in value.items() if isinstance(value, dict) else ():
            found.append(f"{path}.{key}" if path else key)
            walk(inner, found[-1])

    walk(raw_settings(), "")
    return [*found, *more]


def _ends(raw: Any) -> None:
    try:
        taken = parse(raw)
    except SettingsError as refused:
        text = str(refused)
        assert text.startswith("delivery:"), text
        assert not any(word in text for word in PYTHON), text
        assert all(len(line) < 1500 for line in text.splitlines()), "a message is read, not scrolled"
    else:
        assert isinstance(taken, Settings)


@given(st.dictionaries(st.text(max_size=8) | st.sampled_from(list(Settings.model_fields)), VALUE, max_size=8))
def test_any_map_ends_in_settings_or_a_sentence(raw: dict[str, Any]) -> None:
    _ends(raw)


@examples(max_examples=150)
@given(st.sampled_from(_paths()), VALUE)
def test_any_value_at_any_place_ends_in_settings_or_a_sentence(path: str, value: Any) -> None:
    raw = raw_settings()
    put(path, value)(raw)
    _ends(raw)


def test_a_number_of_thousands_of_digits_ends_in_a_sentence() -> None:
    for value in (10**5000, [10**5000], {"a": 10**5000}, float("inf"), float("nan")):
        for path in ("services.web.cpu", "source.push.tag", "network", "services.web.environment"):
            raw = raw_settings()
            put(path, value)(raw)
            _ends(raw)


def test_an_alias_that_holds_itself_is_said() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(SettingsError, match=r"delivery:migration\.command\.0 holds itself"):
        settings(put("migration.command", loop))


def test_a_key_written_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    """Of two values YAML's reader takes the last and says nothing; the Pulumi CLI refuses the file."""
    path = tmp_path / "Pulumi.x.yaml"
    path.write_text("config:\n  delivery:source:\n    tag: stg\n    tag: prd\n", encoding="utf-8")
    with pytest.raises(StackError, match=r"has the key tag twice, in line 3 and line 4"):
        stack_file.read(path)
    path.write_text("config: {a: 1, a: 2}\n", encoding="utf-8")
    with pytest.raises(StackError, match="has the key a twice"):
        stack_file.read(path)
    path.write_text("config:\n  a: &a {x: 1}\n  b: {<<: *a, x: 2}\n", encoding="utf-8")
    assert stack_file.read(path)["delivery:b"] == {"x": 2}, "a key over a merged one is no repetition"


def test_dates_in_lists_and_keys_are_said_as_yaml_has_them() -> None:
    for value in (
        [date(2026, 1, 2)],
        {date(2026, 1, 2): 1},
        {"a": datetime(2026, 1, 2, tzinfo=UTC)},
        {1: {None: 2}},
    ):
        raw = raw_settings()
        put("network", value)(raw)
        _ends(raw)


@examples(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(valid_settings())
def test_what_is_drawn_as_valid_loads(raw: dict[str, Any]) -> None:
    assert parse(raw).services


@examples(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(drawn())
def test_most_of_what_is_drawn_loads_and_the_rest_is_a_sentence(raw: dict[str, Any]) -> None:
    _ends(raw)
