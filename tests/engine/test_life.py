"""From nothing to a stack and back, with one resource that fails half way."""

import json
from typing import Any

import pytest

from rehearsal.pulumi_engine.outcome import EngineFailed, Outcome
from rehearsal.pulumi_engine.stack import Stack
from rehearsal.world.cloud import Cloud

FAILING = "delivery-pipeline"
REFUSED = (
    "LimitExceededException: The number of pipelines associated with the AWS account has exceeded the limit"
)


@pytest.fixture(scope="module")
def interrupted(stg: Stack) -> Outcome:
    stg.provider.fail_once(FAILING, REFUSED)
    with pytest.raises(EngineFailed, match="LimitExceededException") as caught:
        stg.up()
    return caught.value.outcome


@pytest.fixture(scope="module")
def finished(stg: Stack, interrupted: Outcome) -> Outcome:
    return stg.up()


@pytest.fixture(scope="module")
def before_the_end(stg: Stack, finished: Outcome) -> dict[str, Any]:
    return dict(stg.resources())


@pytest.fixture(scope="module")
def ended(stg: Stack, before_the_end: dict[str, Any]) -> Outcome:
    stg.provider.log.clear()
    return stg.destroy()


def test_a_resource_that_cannot_be_made_stops_what_needs_it(interrupted: Outcome) -> None:
    made = {urn.rpartition("::")[2] for urn, op in interrupted.changes.items() if op == "create"}
    assert "migration-project" in made
    assert not {"delivery-pipeline", "push-target"} & (made - failed(interrupted))


def test_the_second_up_finishes_the_job(interrupted: Outcome, finished: Outcome, cloud: Cloud) -> None:
    assert set(finished.changes.values()) == {"create"}, (
        "what the first run made is neither touched nor made again"
    )
    done = set(interrupted.changes) - interrupted.failed
    assert not done & set(finished.changes)
    assert cloud.one("aws:codepipeline/pipeline:Pipeline").name == FAILING


def test_the_state_file_holds_no_secret_in_clear(stg: Stack, before_the_end: dict[str, Any]) -> None:
    backend = stg.settings_file.parent.parent / "backend"
    files = [path for path in backend.rglob("*.json") if path.is_file()]
    assert files
    parameter = next(one for one in before_the_end.values() if one["type"] == "aws:ssm/parameter:Parameter")
    for side in ("inputs", "outputs"):
        assert "ciphertext" in parameter[side]["value"], "the SDK marks a parameter's value as secret"
    clear = '\\"migrationLogGroup\\"'  # as it stands inside the parameter's own JSON, and nowhere else
    assert not [path for path in files if clear in path.read_text(encoding="utf-8")]


def test_destroy_removes_dependents_before_what_they_depend_on(
    stg: Stack, ended: Outcome, before_the_end: dict[str, Any]
) -> None:
    log = stg.provider.log
    when = {entry: position for position, entry in enumerate(log)}
    pairs = [
        (urn, needed)
        for urn, one in before_the_end.items()
        for needed in one.get("dependencies") or ()
        if ("deleted", urn) in when and ("deleting", needed) in when
    ]
    assert len(pairs) > 50, "the state knows what depends on what"
    assert not [pair for pair in pairs if when["deleted", pair[0]] > when["deleting", pair[1]]]


def test_destroy_follows_every_reference_between_resources(
    stg: Stack, ended: Outcome, before_the_end: dict[str, Any]
) -> None:
    """An ARN or id among the inputs is a dependency; only a role's policy may name what does not exist."""
    when = {entry: position for position, entry in enumerate(stg.provider.log)}
    deleted = {urn: one for urn, one in before_the_end.items() if ("deleted", urn) in when}
    texts = {urn: json.dumps(one["inputs"]) for urn, one in deleted.items() if ":RolePolicy::" not in urn}
    wrong = [
        (urn, other)
        for other, one in deleted.items()
        for urn, text in texts.items()
        if urn != other
        and identity(one)
        and identity(one) in text
        and when["deleted", urn] > when["deleting", other]
    ]
    assert not wrong, "\n".join(f"{one} -> {other}" for one, other in wrong)


def test_destroy_leaves_only_the_templates_that_pulumi_was_told_to_keep(
    stg: Stack, ended: Outcome, cloud: Cloud
) -> None:
    assert set(ended.changes.values()) == {"delete"}
    assert {one["type"] for one in stg.resources().values()} <= {"pulumi:pulumi:Stack"}
    assert cloud.count() == len(cloud.declared("aws:s3/bucketObjectv2:BucketObjectv2")), "retain_on_delete"
    assert not cloud.client("s3").list_buckets()["Buckets"], (
        "stg's bucket is emptied and removed all the same"
    )


def failed(outcome: Outcome) -> set[str]:
    return {urn.rpartition("::")[2] for urn in outcome.failed}


def identity(resource: dict[str, Any]) -> str:
    """What nothing but a reference to the resource contains; empty for what is known by a plain name."""
    attached = "arn" in resource["inputs"]
    found = str(resource["outputs"].get("arn") or resource["id"])
    return found if found.startswith(("arn:", "sg-")) and not attached else ""
