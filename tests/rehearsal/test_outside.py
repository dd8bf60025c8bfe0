"""The world outside a stack: what its settings need of it is played as told, or refused by name."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from documents import cron
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.errors import StackError, UsageError
from rehearsal.evaluation.program import stack_config
from rehearsal.running.outside import Outside, hook_results, moment, tag_rule
from settings import Settings, parse

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:check"
BERLIN = ZoneInfo("Europe/Berlin")


def _settings(change: Callable[[dict[str, Any]], object] = lambda raw: None) -> Settings:
    config = stack_config("stg")
    raw = {key.partition(":")[2]: value for key, value in config.items() if key.startswith("delivery:")}
    change(raw)
    return parse(raw)


def _release(**values: Any) -> Settings:
    return _settings(lambda raw: raw["release"].update(values))


APPROVAL = _release(approval={})
WINDOW = _release(window={"cron": "0 * 9-16 ? * MON-FRI *", "timeZone": "Europe/Berlin"})


def test_an_approval_that_nobody_can_answer_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"release.approval: a person must answer it.*--approve or --reject"):
        Outside().refuse_what_does_not_fit(APPROVAL)
    Outside(approve=lambda text: True).refuse_what_does_not_fit(APPROVAL)


def test_target_groups_of_others_are_refused_by_name() -> None:
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/inside/0123456789abcdef"
    further = {"furtherTargetGroups": [{"arn": group}], "rollout": {"by": "ecs", "strategy": "rolling"}}
    with pytest.raises(
        StackError, match=r"services\.web\.furtherTargetGroups: the rehearsal has no target groups"
    ):
        Outside().refuse_what_does_not_fit(_settings(lambda raw: raw["services"]["web"].update(further)))


def test_an_answer_that_nothing_asks_for_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--at .* declares no release.window"):
        Outside(at=datetime.now(UTC)).refuse_what_does_not_fit(_settings())
    with pytest.raises(UsageError, match="--hook AfterInstall: the stack declares no hooks"):
        Outside(hooks={"AfterInstall": "Failed"}).refuse_what_does_not_fit(_settings())
    with pytest.raises(UsageError, match="--repository-tags IMMUTABLE: the stack makes its repository"):
        Outside(repository=TagRule("IMMUTABLE")).refuse_what_does_not_fit(_settings())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("MUTABLE", TagRule("MUTABLE")),
        ("IMMUTABLE", TagRule("IMMUTABLE")),
        ("IMMUTABLE_WITH_EXCLUSION:stg,prd*", TagRule("IMMUTABLE_WITH_EXCLUSION", ("stg", "prd*"))),
        ("MUTABLE_WITH_EXCLUSION:v*", TagRule("MUTABLE_WITH_EXCLUSION", ("v*",))),
    ],
)
def test_tag_mutability_is_said_in_the_words_of_ecr(text: str, rule: TagRule) -> None:
    assert tag_rule(text) == rule


@pytest.mark.parametrize(
    "text", ["", "immutable", "IMMUTABLE:stg", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION:,"]
)
def test_any_other_tag_mutability_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is none of MUTABLE, IMMUTABLE"):
        tag_rule(text)


def test_results_of_hooks_are_named_by_event() -> None:
    assert hook_results(["afterInstall=failed", "BeforeAllowTraffic=Succeeded"]) == {
        "AfterInstall": "Failed",
        "BeforeAllowTraffic": "Succeeded",
    }


@pytest.mark.parametrize(
    "text", ["AfterInstall", "AfterInstall=", "Install=Failed", "=Failed", "AfterInstall=maybe"]
)
def test_any_other_result_of_a_hook_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--hook AfterAllowTestTraffic=Failed"):
        hook_results([text])


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "10:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no date with a time"):
        moment(text)


def test_a_moment_without_an_offset_is_in_the_zone_of_the_window() -> None:
    begun = Outside(at=moment("2026-07-01 09:30")).now(WINDOW)()
    assert begun.astimezone(BERLIN).replace(microsecond=0, second=0) == datetime(
        2026, 7, 1, 9, 30, tzinfo=BERLIN
    )


def test_without_a_moment_a_release_is_played_inside_the_window() -> None:
    """A rehearsal must not turn red because it is night."""
    window = WINDOW.release.window
    assert window is not None
    assert cron.matches(window.cron, Outside().now(WINDOW)().astimezone(BERLIN))


@pytest.mark.parametrize(
    ("expression", "after", "found"),
    [
        ("0 * 9-16 ? * MON-FRI *", "2026-11-27T17:00", "2026-11-30T09:00"),  # a Friday evening
        ("0 30 9 ? * MON-FRI *", "2026-11-27T09:30", "2026-11-27T09:30"),
        ("0 30 9 ? * MON-FRI *", "2026-11-27T09:31", "2026-11-30T09:30"),
        ("0 7 3 29 2 ? *", "2026-11-27T00:00", "2028-02-29T03:07"),
        ("0 59 23 31 12 ? 2027", "2026-11-27T00:00", "2027-12-31T23:59"),
    ],
)
def test_the_next_moment_inside_a_window(expression: str, after: str, found: str) -> None:
    assert cron.next_inside(expression, datetime.fromisoformat(after)) == datetime.fromisoformat(found)


def test_a_window_that_never_opens_again_is_said() -> None:
    with pytest.raises(cron.InvalidWindow, match="allows no moment within"):
        cron.next_inside("0 0 9 ? * * 2020", datetime(2026, 11, 27))  # noqa: DTZ001  (a wall clock's time)


def test_a_window_that_stays_shut_is_refused_before_anything_is_declared_unless_somebody_says_when_it_is() -> (
    None
):
    past = _release(window={"cron": "0 * * ? * MON 1999"})
    with pytest.raises(UsageError, match=r"delivery:release\.window: cron .* allows no moment.*--at"):
        Outside().refuse_what_does_not_fit(past)
    Outside(at=datetime(1999, 3, 1, tzinfo=UTC)).refuse_what_does_not_fit(past)


def test_a_stop_is_foreseen_where_the_world_says_no() -> None:
    night = Outside(at=moment("2026-07-01 23:30"))
    assert Outside(rejects=True).stop(APPROVAL) == ("at its approval", "The approval action was rejected")
    assert night.stop(WINDOW) == ("in front of its stage", "outside the deployment window")
    assert Outside(at=moment("2026-07-01 09:30")).stop(WINDOW) is None
    assert Outside(hooks={"AfterInstall": "Succeeded"}).stop(_settings()) is None
    stop = Outside(hooks={"AfterInstall": "Failed"}).stop(_settings())
    assert stop == ("by the hook AfterInstall", "of hook AfterInstall answered Failed")


def test_a_pause_is_a_question_as_an_approval_is() -> None:
    """One answer for both: `--approve`, `--reject`, or whoever sits at the terminal."""
    hooks = [{"stages": ["POST_TEST_TRAFFIC_SHIFT"], "pause": {}}]
    rollout = {"by": "ecs", "strategy": "blueGreen", "lifecycleHooks": hooks}
    paused = _settings(lambda raw: raw["services"]["web"].update(rollout=rollout))
    with pytest.raises(UsageError, match=r"services\.web\.rollout\.lifecycleHooks: a person must answer it"):
        Outside().refuse_what_does_not_fit(paused)
    rejecting = Outside(rejects=True)
    rejecting.refuse_what_does_not_fit(paused)
    assert rejecting.stop(paused) == ("at its pause", "was rolled back by a user")
    answers = [one.continuer() for one in (rejecting, Outside(approve=lambda text: True), Outside())]
    assert [one and one("Continue?") for one in answers] == [False, True, None]


def test_a_rejection_without_an_approval_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--reject: the stack declares no release.approval"):
        Outside(rejects=True).refuse_what_does_not_fit(_settings())
