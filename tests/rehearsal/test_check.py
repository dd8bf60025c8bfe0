"""`Check` refuses within a second what would fail later, and before anything is provisioned or migrated.

What each would have come to without it is in test_without_check.py.
"""

import json
from collections.abc import Iterator

import pytest

from rehearsal.lambda_.declared import FUNCTION
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal import doomed_releases
from tests.rehearsal.doomed_releases import DOOMED, lines, migrations, release


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with doomed_releases.stack(tmp_path_factory.mktemp("checked"), check=True) as running:
        yield running


@pytest.mark.parametrize("named", DOOMED)
def test_a_release_that_cannot_succeed_is_refused_before_it_migrates(checked: Rehearsal, named: str) -> None:
    doomed, migrated, answering = DOOMED[named], migrations(checked), checked.users.answering()
    with doomed.of(checked) as ended:
        assert ended.status == "Failed"
    assert [one.action for one in ended.actions] == ["Source", "Check"], "nothing follows a refusal"
    said = str(ended.action("Check").error_message)
    assert doomed.refused in said
    assert "nothing was migrated" in said
    assert migrations(checked) == migrated
    assert checked.users.answering() == answering


def test_a_release_that_can_succeed_does_and_the_function_has_said_what_it_looked_at(
    checked: Rehearsal,
) -> None:
    ended = release(checked)
    assert ended.status == "Succeeded", [(one.action, one.error_message) for one in ended.actions]
    assert [one.action for one in ended.actions] == ["Source", "Check", "Migrate", "Deploy-web"]
    function = checked.cloud.one(FUNCTION).inputs
    told = lines(checked, function["loggingConfig"]["logGroup"])
    looked_at = {json.loads(line).get("check") for line in told if line.startswith("{")}
    assert {"alarms", "deployments", "image", "push", "secrets", "templates"} <= looked_at
    answers = [
        one for one in checked.cloud.authority.calls if one.action == "codepipeline:PutJobSuccessResult"
    ]
    assert {one.role_arn for one in answers} == {function["role"]}, "its answers are calls of its own role"
    pipelines = checked.cloud.client("codepipeline")
    ran = pipelines.list_action_executions(pipelineName="shop-stg", filter={"pipelineExecutionId": ended.id})[
        "actionExecutionDetails"
    ]
    (check,) = [one["output"]["executionResult"] for one in ran if one["actionName"] == "Check"]
    assert check["externalExecutionSummary"].startswith("checked: templates, push, image, alarms")
    assert any(check["externalExecutionId"] in line for line in told), (
        "the invocation, to be found in the log"
    )
    assert "artifactCredentials" not in "".join(told), "the event is never logged (action-reference-Lambda)"
    assert "ASIA" not in "".join(told), "how the keys of sessions begin"
