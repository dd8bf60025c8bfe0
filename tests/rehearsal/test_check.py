"""`Check` refuses within a second what would fail later, and before anything is provisioned or migrated.

What each would have come to without it is in test_without_check.py.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.lambda_.declared import FUNCTION
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal import doomed_releases
from tests.rehearsal.doomed_releases import (
    DOOMED,
    PATIENCE,
    gone,
    lines,
    migrations,
    placeholder_replaced,
    release,
    written,
)
from tests.rehearsal.slow_rollback import rolling_back
from tests.rehearsal.stagehands import until


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with doomed_releases.stack(tmp_path_factory.mktemp("checked"), check=True, several=True) as running:
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


def test_what_is_wrong_with_several_services_is_said_at_once(checked: Rehearsal) -> None:
    with (
        written(checked, "appspec-web.yaml", gone),
        written(checked, "taskdef-api.json", placeholder_replaced),
    ):
        said = str(release(checked).action("Check").error_message).splitlines()
    assert len(said) == 2
    assert "appspec-web.yaml" in said[0] + said[1]
    assert "taskdef-api.json" in said[0] + said[1]


def test_a_release_waits_for_codedeploys_own_rollback_and_says_what_it_looked_at(
    checked: Rehearsal, tmp_path: Path
) -> None:
    """Another deployment of the group would be refused meanwhile (CodeDeploy User Guide, limits), after the migration."""
    migrated, journal = migrations(checked), checked.cloud.journal
    with rolling_back(checked, tmp_path) as (rollback, let_it_end):
        execution = checked.pipeline.start(checked.pipeline_name)

        def waiting() -> bool:
            words = f"action Check goes on: waiting for {rollback}"
            return any(words in one.message for one in journal.entries("CodePipeline"))

        until(waiting, "the check to say what it waits for")
        state = checked.cloud.client("codepipeline").get_pipeline_state(name=checked.pipeline_name)
        shown = state["stageStates"][1]["actionStates"][0]["latestExecution"]
        assert (shown["status"], shown["summary"][:11]) == ("InProgress", "waiting for")
        assert migrations(checked) == migrated, "nothing is migrated while traffic moves back"
        let_it_end()
    ended = checked.pipeline.wait(execution, PATIENCE)
    assert ended.status == "Succeeded", [(one.action, one.error_message) for one in ended.actions]
    first, *deploys = [one.action for one in ended.actions][2:]
    assert (first, sorted(deploys)) == ("Migrate", ["Deploy-api", "Deploy-web"])
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
