"""Every statement that the stack grants is needed: without it a release stops where AWS would, and names what is missing."""

import fnmatch
import json
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.faults import provided
from rehearsal.images.registry import RegistryError
from rehearsal.running.application_team import ROLE
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal.stagehands import (
    Replay,
    failure,
    function_log,
    holding,
    release,
    version,
)
from tests.rehearsal.statements import (
    ANSWERED,
    BUILT,
    CHECKED,
    EVENT,
    JUDGED,
    LOGGED,
    NOTHING,
    PUSH,
    PUSHED,
    REPLAYED,
    SKIPPED,
    STATEMENTS,
    UNSEEN,
)

REFUSED = re.compile(
    r"is not authorized to perform: (?P<action>[\w:]+) on resource: \"?(?P<resource>[^\s\"]+)"
)

pytestmark = pytest.mark.usefixtures("good_keeps_answering")


@dataclass(frozen=True)
class Scene:
    """What a release is played with."""

    rehearsal: Rehearsal
    good: str
    replay: Replay
    folder: Path


@pytest.fixture
def scene(rehearsal: Rehearsal, good: str, replay: Replay, tmp_path: Path) -> Scene:
    return Scene(rehearsal, good, replay, tmp_path)


def granted(rehearsal: Rehearsal) -> dict[str, list[Mapping[str, Any]]]:
    """Every role's statements, by the role's Pulumi name."""
    policies = rehearsal.cloud.authority.policies
    return {
        role.name: [one for document in policies(role.arn).values() for one in document["Statement"]]
        for role in rehearsal.cloud.declared(ROLE)
    }


@contextmanager
def without(rehearsal: Rehearsal, role: str, actions: str) -> Generator[Mapping[str, Any]]:
    """Take one statement from a role for a while."""
    authority = rehearsal.cloud.authority
    arn = next(one.arn for one in rehearsal.cloud.declared(ROLE) if one.name == role)
    ((name, document),) = authority.policies(arn).items()
    (lost,) = [one for one in document["Statement"] if " ".join(one["Action"]) == actions]
    kept = [one for one in document["Statement"] if one is not lost]
    if kept:
        authority.put_policy(arn, name, {**document, "Statement": kept})
    else:
        authority.remove_policy(arn, name)
    try:
        yield lost
    finally:
        authority.put_policy(arn, name, document)


def test_the_table_of_statements_is_what_the_stack_grants(rehearsal: Rehearsal) -> None:
    there = {role: {" ".join(one["Action"]) for one in some} for role, some in granted(rehearsal).items()}
    assert there == {role: set(some) for role, some in STATEMENTS.items()}


def test_every_granted_action_is_asked_for_in_a_release_or_has_a_reason(
    rehearsal: Rehearsal, good: str
) -> None:
    """Least privilege: what no release asks for is not granted, but for what AWS documents and a rehearsal cannot show."""
    asked = {(call.role_arn, call.action) for call in rehearsal.cloud.authority.calls if call.allowed}
    unseen = {
        role.name: {
            action
            for statement in granted(rehearsal)[role.name]
            for action in statement["Action"]
            if (role.arn, action) not in asked
        }
        for role in rehearsal.cloud.declared(ROLE)
    }
    assert {role: some for role, some in unseen.items() if some} == {
        role: set(some) for role, some in UNSEEN.items()
    }
    for role, some in STATEMENTS.items():
        idle = {action for actions, means in some.items() if means == NOTHING for action in actions.split()}
        assert idle <= set(UNSEEN.get(role, {})), "a statement that nothing stops without has its reasons"


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (role, actions)
        for role, some in STATEMENTS.items()
        for actions, means in some.items()
        if means != NOTHING
    ],
)
def test_without_a_statement_the_release_stops_where_aws_would_and_names_what_is_missing(
    scene: Scene, role: str, actions: str
) -> None:
    with without(scene.rehearsal, role, actions) as lost:
        said = SHOWN[STATEMENTS[role][actions]](scene)
    found = REFUSED.search(said)
    assert found, said
    assert found["action"] in actions.split(), said
    resources = lost["Resource"] if isinstance(lost["Resource"], list) else [lost["Resource"]]
    assert any(fnmatch.fnmatchcase(found["resource"], one) for one in resources), said


def replayed(scene: Scene) -> str:
    with provided(scene.rehearsal.pipeline, "CodeBuild", scene.replay):
        stopped = release(scene.rehearsal, scene.good)
    # What a role without permissions had to leave behind.
    service = scene.rehearsal.services.service("apps-stg", "shop-stg-web")
    for left in [one for one in service.task_sets if one.status != "PRIMARY"]:
        scene.rehearsal.services.delete_task_set(service, left)
    return failure(stopped, stopped.actions[-1].action)


def built(scene: Scene) -> str:
    return failure(release(scene.rehearsal, scene.good), "Migrate")


def skipped(scene: Scene) -> str:
    return failure(release(scene.rehearsal, scene.good, MIGRATE="skip"), "Migrate")


def pushed(scene: Scene) -> str:
    return failure(release(scene.rehearsal, scene.good, TRIGGER="push"), "Check")


def checked(scene: Scene) -> str:
    return failure(release(scene.rehearsal, scene.good), "Check")


def judged(scene: Scene) -> str:
    """What the function's role may not read stops nothing, and its log says so."""
    with provided(scene.rehearsal.pipeline, "CodeBuild", scene.replay):
        assert release(scene.rehearsal, scene.good).status == "Succeeded"
    lines = function_log(scene.rehearsal.cloud)
    return next(line for line in reversed(lines) if "is not judged" in line)


def logged(scene: Scene) -> str:
    """A function that may not write its log answers all the same."""
    with provided(scene.rehearsal.pipeline, "CodeBuild", scene.replay):
        assert release(scene.rehearsal, scene.good).status == "Succeeded"
    told = [entry.message for entry in scene.rehearsal.journal.entries("Lambda")]
    return next(one for one in reversed(told) if "writes no log" in one)


def answered(scene: Scene) -> str:
    """The pipeline hears nothing and says so; why stands where Lambda says it."""
    stopped = release(scene.rehearsal, scene.good)
    assert "failed to return a result" in failure(stopped, "Check")
    return scene.rehearsal.journal.entries("Lambda")[-1].message


def event_of_push(scene: Scene) -> str:
    """The event that could not start the pipeline lies in the declared queue, with the reason beside it."""
    with holding(scene.rehearsal) as push:
        event = push(version(scene.folder, "undelivered"))
    assert scene.rehearsal.pushes.deliver(event) == []
    sqs = scene.rehearsal.cloud.client("sqs")
    (url,) = sqs.list_queues()["QueueUrls"]
    (dead,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    beside = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert json.loads(dead["Body"]) == event
    assert beside["ERROR_CODE"] == "NO_PERMISSIONS"
    return beside["ERROR_MESSAGE"]


def push_itself(scene: Scene) -> str:
    with pytest.raises((RegistryError, ClientError)) as refused:
        scene.rehearsal.team.push(version(scene.folder, "unpushed"))
    return str(refused.value)


SHOWN: Mapping[str, Callable[[Scene], str]] = {
    REPLAYED: replayed,
    BUILT: built,
    SKIPPED: skipped,
    CHECKED: checked,
    PUSHED: pushed,
    JUDGED: judged,
    LOGGED: logged,
    ANSWERED: answered,
    EVENT: event_of_push,
    PUSH: push_itself,
}
