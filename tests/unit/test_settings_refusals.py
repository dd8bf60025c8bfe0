"""Each wrong setting is refused with its path, the value seen, the rule and the remedy."""

from typing import Any

import pytest

from settings import SettingsError, parse
from tests.unit import wrong_adoptions, wrong_listeners, wrong_rollouts, wrong_services, wrong_settings
from tests.unit.edits import drop, put
from tests.unit.harness import Change, raw_settings, settings

PLACES = (wrong_settings, wrong_services, wrong_rollouts, wrong_listeners, wrong_adoptions)
REFUSED = {case: wrong for place in PLACES for case, wrong in place.REFUSED.items()}


def _both(*changes: Change) -> Change:
    def change(raw: dict[str, Any]) -> None:
        for one in changes:
            one(raw)

    return change


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_setting_is_refused_in_words_an_operator_can_act_on(case: str) -> None:
    change, words = REFUSED[case]
    raw = raw_settings()
    change(raw)
    with pytest.raises(SettingsError) as refused:
        parse(raw)
    text = str(refused.value)
    assert all(word in text for word in words), text
    assert text.startswith("delivery:"), "the path is what is searched for in the YAML"
    assert len(text.splitlines()) == 1, "one mistake is one line"


def test_a_pusher_without_a_subject_is_refused() -> None:
    with pytest.raises(SettingsError, match="names 0 of branch, gitTag and environment"):
        settings(put("images.app.pushers", [{"repository": "o/r"}]))


def test_every_finding_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(_both(put("source.push.tag", "a/b"), put("network.vpcId", "x"), drop("release.protect")))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize(
    "path", ["migration.secrets", "services.web.secrets", "services.web.sidecars.0.secrets"]
)
@pytest.mark.parametrize(
    "value", [{"PASSWORD": "hunter2?"}, {"PASSWORD": ["hunter2"]}, "hunter2", ["hunter2"]]
)
def test_a_secret_pasted_where_its_reference_belongs_is_not_repeated(path: str, value: Any) -> None:
    change = _both(put("services.web.sidecars", [{"name": "otel", "image": "x"}]), put(path, value))
    with pytest.raises(SettingsError) as refused:
        settings(change)
    assert "hunter2" not in str(refused.value), "an error text ends up in logs"
    assert path in str(refused.value)


def test_a_secret_inside_a_group_of_the_wrong_shape_is_not_repeated() -> None:
    sidecars = {"otel": {"secrets": {"PASSWORD": "hunter2"}}}
    with pytest.raises(SettingsError) as refused:
        settings(put("services.web.sidecars", sidecars))
    assert "hunter2" not in str(refused.value), str(refused.value)


def test_a_long_value_is_cut() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(put("images.app.repository", "X" * 500))
    assert len(str(refused.value)) < 400
