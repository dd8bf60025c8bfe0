"""What the release function refuses, what it lets through, and what CodePipeline is told."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from release.check import LONGEST_WAIT
from tests.unit.release_cloud import (
    CHILD,
    CONFIG,
    DIGEST,
    OTHER,
    ReleaseCloud,
    definition,
    event,
    index,
    invoke,
    manifest,
    silent_about_secrets,
    spec,
    with_services,
)
from tests.unit.shop import PREFIX

TASKDEF, APPSPEC = f"{PREFIX}/taskdef-web.json", f"{PREFIX}/appspec-web.yaml"


@pytest.fixture
def cloud(capfd: pytest.CaptureFixture[str]) -> Iterator[ReleaseCloud]:
    with silent_about_secrets(capfd) as made:
        yield made


def test_a_release_with_everything_in_place_goes_on(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke(cloud, monkeypatch)
    told = cloud.succeeded
    assert "continuationToken" not in told, "CodePipeline would call again"
    assert told["executionDetails"]["summary"] == (
        "checked: templates, push, image, alarms, deployments, services, secrets"
    )


def test_a_check_changes_nothing(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke(cloud, monkeypatch)
    reading = ("Get", "Describe", "List", "BatchGet", "PutJob")
    assert all(operation.startswith(reading) for _, operation, _ in cloud.calls), (
        "a call that comes twice, or is lost, does no harm"
    )


def test_each_check_writes_one_line(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    invoke(cloud, monkeypatch)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    named = [line["check"] for line in lines if "check" in line]
    assert named == ["templates", "push", "image", "alarms", "deployments", "services", "secrets"]


def test_a_stale_push_is_refused(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.tags["stg"] = OTHER
    invoke(cloud, monkeypatch)
    assert cloud.failed == (
        f"stale push of {DIGEST}: the tag stg is on {OTHER} by now; do nothing, the newer push has a release of its own; "
        "nothing was migrated"
    )
    assert cloud.kind == "RevisionOutOfSync"


def test_a_push_whose_tag_is_gone_is_refused(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    del cloud.tags["stg"]
    invoke(cloud, monkeypatch)
    assert "the tag stg is on no image of shop any more" in cloud.failed


def test_a_person_may_release_a_digest_that_the_tag_has_left(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.tags["stg"] = OTHER
    invoke(cloud, monkeypatch, event(trigger="chosen"))
    assert cloud.succeeded
    assert not cloud.called("DescribeImages"), "nobody asks what the tag is on"


@pytest.mark.parametrize("failure", ["ImageNotFound", "InvalidImageDigest"])
def test_a_digest_that_is_not_there_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    cloud.manifests.clear()
    cloud.failure = failure
    invoke(cloud, monkeypatch)
    assert f"image {DIGEST}: there is none of this digest in shop" in cloud.failed
    assert cloud.kind == "RevisionUnavailable"


def test_what_keeps_ecr_from_giving_a_manifest_is_told(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.manifests.clear()
    cloud.failure = "KmsError"
    invoke(cloud, monkeypatch)
    assert "ECR does not give its manifest (KmsError)" in cloud.failed


ATTESTED = index(("linux", "amd64"), ("unknown", "unknown"))
FITTING: dict[str, dict[str, Any]] = {
    "several platforms": {DIGEST: index(("linux", "arm64"), ("linux", "amd64"))},
    "one platform in an index": {DIGEST: index(("linux", "amd64"))},
    "a platform with its attestation": {DIGEST: ATTESTED},
    "one manifest": {DIGEST: manifest()},
    "an index that leaves the platform to the configuration": {DIGEST: index(None), CHILD: manifest()},
    "an index in an index": {DIGEST: index(None), CHILD: index(("linux", "amd64"))},
    "schema 1": {DIGEST: {"schemaVersion": 1, "architecture": "amd64", "fsLayers": []}},
}
UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "another platform": ({DIGEST: index(("linux", "arm64"))}, "it is for linux/arm64"),
    "two others": (
        {DIGEST: index(("linux", "arm64"), ("windows", "amd64"))},
        "it is for linux/arm64 and windows/amd64",
    ),
    "attestations alone": ({DIGEST: index(("unknown", "unknown"))}, "it is no image that could run"),
    "an empty index": ({DIGEST: index()}, "it is no image that could run"),
    "an index of itself": ({DIGEST: index(None, digest=DIGEST)}, "it is no image that could run"),
    "a signature": ({DIGEST: manifest(OTHER)}, "it is no image that could run"),
    "what is no manifest": ({DIGEST: {"schemaVersion": 2}}, "it is no image that could run"),
    "schema 1 of another": (
        {DIGEST: {"schemaVersion": 1, "architecture": "arm64"}},
        "it is for linux/arm64",
    ),
}


@pytest.mark.parametrize("case", FITTING)
def test_an_image_for_the_tasks_platform_goes_on(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    cloud.manifests = dict(FITTING[case])
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


@pytest.mark.parametrize("case", UNFIT)
def test_an_image_for_no_platform_of_the_tasks_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    cloud.manifests, said = dict(UNFIT[case][0]), UNFIT[case][1]
    cloud.blobs[OTHER] = b"not even JSON"
    invoke(cloud, monkeypatch)
    assert cloud.failed == (
        f"image {DIGEST}: {said}, the tasks run on linux/amd64 (X86_64); build it for linux/amd64 and push again; "
        "nothing was migrated"
    )


def test_one_manifest_of_another_processor_is_found_in_its_configuration(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.manifests[DIGEST] = manifest()
    cloud.blobs[CONFIG] = b'{"os":"linux","architecture":"arm64"}'
    invoke(cloud, monkeypatch)
    assert "it is for linux/arm64, the tasks run on linux/amd64" in cloud.failed


def test_tasks_on_arm_ask_for_images_for_it(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition(runtimePlatform={"cpuArchitecture": "ARM64"}))
    invoke(cloud, monkeypatch)
    assert "build it for linux/arm64" in cloud.failed


@pytest.mark.parametrize("name", ["shop-stg-web-1-unhealthy", "composite-of-the-team"])
def test_an_alarm_that_is_on_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cloud.alarms[name] = "ALARM"
    invoke(cloud, monkeypatch)
    assert cloud.failed.startswith(f"alarm {name}: it is in ALARM")
    assert "--current-deployment-group-name shop-stg-web --alarm-configuration enabled=false" in cloud.failed


def test_a_group_that_does_not_heed_its_alarms_goes_on(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.alarms = dict.fromkeys(cloud.alarms, "ALARM")
    cloud.heeds = False
    invoke(cloud, monkeypatch)
    assert cloud.succeeded
    assert not cloud.called("DescribeAlarms"), "CodeDeploy does not ask either"


def test_an_alarm_without_data_goes_on(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.alarms = dict.fromkeys(cloud.alarms, "INSUFFICIENT_DATA")
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_a_deployment_that_is_under_way_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployments["d-SOMEBODYS"] = ("InProgress", "user")
    invoke(cloud, monkeypatch)
    assert cloud.failed.startswith("deployment d-SOMEBODYS of shop-stg-web: it is InProgress")
    assert "Created" in cloud.called("ListDeployments")[0]["includeOnlyStatuses"]


def test_a_deployment_that_ends_while_it_is_looked_at_is_not_in_the_way(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployments["d-SOMEBODYS"] = ("Succeeded", "user")
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_a_rollback_is_waited_for_by_being_called_again(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployments["d-BACK"] = ("InProgress", "codeDeployRollback")
    invoke(cloud, monkeypatch)
    token = cloud.succeeded["continuationToken"]
    cloud.calls.clear()
    invoke(cloud, monkeypatch, event(token=token))
    assert cloud.succeeded["continuationToken"] == token, "it goes on counting from when it began"
    cloud.deployments.clear()
    cloud.calls.clear()
    invoke(cloud, monkeypatch, event(token=token))
    assert "continuationToken" not in cloud.succeeded


def test_a_rollback_that_does_not_end_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployments["d-BACK"] = ("InProgress", "codeDeployRollback")
    long_ago = json.dumps({"since": time.time() - LONGEST_WAIT - 1})
    invoke(cloud, monkeypatch, event(token=long_ago))
    assert cloud.failed.startswith("deployment d-BACK of shop-stg-web: it is InProgress")


def test_a_rollback_is_not_waited_for_when_something_else_is_wrong(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.deployments["d-BACK"] = ("InProgress", "codeDeployRollback")
    cloud.tags["stg"] = OTHER
    invoke(cloud, monkeypatch)
    assert cloud.failed.startswith("stale push")


@pytest.mark.parametrize("token", ["", "null", "{}", "[]", "d-1", '{"since": "yesterday"}'])
def test_a_token_of_somebody_elses_begins_the_wait_anew(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    cloud.deployments["d-BACK"] = ("InProgress", "codeDeployRollback")
    invoke(cloud, monkeypatch, event(token=token))
    since = json.loads(cloud.succeeded["continuationToken"])["since"]
    assert time.time() - since < LONGEST_WAIT


BROKEN: dict[str, tuple[dict[str, str | None], str]] = {
    "gone": ({TASKDEF: None}, "taskdef-web.json: it is not there"),
    "the other gone": ({APPSPEC: None}, "appspec-web.yaml: it is not there"),
    "empty": ({TASKDEF: " \n"}, "taskdef-web.json: it is empty"),
    "no JSON": ({TASKDEF: "family: shop"}, "it is no JSON object"),
    "a list": ({TASKDEF: "[]"}, "it is no JSON object"),
    "another container": ({TASKDEF: json.dumps(definition("web"))}, "it has no container app"),
    "no containers": (
        {TASKDEF: json.dumps(definition(containerDefinitions=None))},
        "it has no container app",
    ),
    "a filled placeholder": (
        {TASKDEF: json.dumps(definition()).replace("<IMAGE1_NAME>", "shop:1")},
        "has the image 'shop:1' in place of <IMAGE1_NAME>",
    ),
    "too large": ({TASKDEF: json.dumps(definition(family="f" * 65_500))}, "and ECS takes 65536"),
    "no revision": ({APPSPEC: spec().replace("<TASK_DEFINITION>", "arn")}, "it has no <TASK_DEFINITION>"),
    "traffic to another": ({APPSPEC: spec("web")}, "its ContainerName is web, and the stack's is app"),
    "another port": ({APPSPEC: spec(port=80)}, "its ContainerPort is 80, and the stack's is 8080"),
    "no port": ({APPSPEC: spec().replace("ContainerPort", "Port")}, "it has no ContainerPort"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_templates_that_no_deployment_could_use_are_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    changes, said = BROKEN[case]
    for key, text in changes.items():
        cloud.objects.pop(key)
        if text is not None:
            cloud.objects[key] = text
    invoke(cloud, monkeypatch)
    assert said in cloud.failed
    assert "run pulumi up" in cloud.failed
    assert cloud.kind == "ConfigurationError"


@pytest.mark.parametrize(
    "text", [spec().replace("app", "'app'"), json.dumps({"a": spec()}), spec() + "# app\n"]
)
def test_an_appspec_is_read_however_it_is_quoted(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    cloud.objects[APPSPEC] = text.replace("\\n", "\n")
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_every_service_has_its_own_templates(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.stack = with_services("web", "api")
    invoke(cloud, monkeypatch)
    assert "taskdef-api.json: it is not there" in cloud.failed
    assert "taskdef-web.json" not in cloud.failed


def test_everything_that_is_wrong_is_said_at_once(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.tags["stg"] = OTHER
    cloud.alarms = dict.fromkeys(cloud.alarms, "ALARM")
    cloud.secrets.clear()
    invoke(cloud, monkeypatch)
    assert [line.partition(" ")[0] for line in cloud.failed.splitlines()] == ["stale", "alarm", "secret"]
