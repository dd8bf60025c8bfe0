"""The three scenarios with Docker's own build, push, pull and run; a file of tests in the order of its lines."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.ecs.service import SERVICE
from rehearsal.levels.container.docker_api import DockerApi
from rehearsal.levels.container.networks import DATABASE
from rehearsal.levels.container.owner import RUN
from rehearsal.levels.container.security_groups import INGRESS
from rehearsal.levels.version import Version
from rehearsal.plays.play import Play
from rehearsal.plays.scenarios import broken_migration, denied, release
from rehearsal.plays.versions import V1
from rehearsal.running.rehearsal import Rehearsal
from tests.container.commandlines import CommandLines

DATABASE_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf"


def played(play: Play) -> str:
    return "; ".join(f"{step.name}: {step.seen}" for step in play.steps)


def password(rehearsal: Rehearsal) -> str:
    text = rehearsal.cloud.client("secretsmanager").get_secret_value(SecretId=DATABASE_SECRET)["SecretString"]
    return urlsplit(json.loads(text)["url"]).password or ""


def inspected(rehearsal: Rehearsal, docker: DockerApi) -> dict[str, Any]:
    """The container that answers now."""
    declared = rehearsal.cloud.one(SERVICE)
    task = rehearsal.services.service("apps-stg", str(declared.outputs["name"])).primary.running[0]
    ids: dict[str, str] = getattr(task.running, "ids", {})
    return docker.ask("GET", f"/containers/{ids['app']}/json")


def test_releases_go_out_while_no_command_line_ever_shows_the_password(rehearsal: Rehearsal) -> None:
    play = Play("release")
    with CommandLines(password(rehearsal)) as lines:
        release(rehearsal, play)
    assert play.ok, played(play)
    assert lines.looks > 20, "somebody was looking"
    assert lines.seen == set(), "a command line is readable by every user of the machine"


def test_the_digest_is_dockers_own(rehearsal: Rehearsal, docker: DockerApi) -> None:
    image = inspected(rehearsal, docker)["Config"]["Image"]
    digests = docker.ask("GET", f"/images/{image}/json")["RepoDigests"]
    stored = rehearsal.cloud.client("ecr").describe_images(
        repositoryName="shop", imageIds=[{"imageTag": "stg"}]
    )["imageDetails"][0]["imageDigest"]
    assert image in digests
    assert image.endswith(f"@{stored}"), "what runs is what was pushed"


def test_the_task_definition_arrives_in_the_container(rehearsal: Rehearsal, docker: DockerApi) -> None:
    found = inspected(rehearsal, docker)
    environment = dict(line.split("=", 1) for line in found["Config"]["Env"])
    assert environment["APP_ENVIRONMENT"] == "staging"
    assert DATABASE in environment["DATABASE_URL"], (
        "the secret is resolved, its host is the network's own name"
    )
    assert found["HostConfig"]["NanoCpus"] == 250_000_000, "cpu 256 is a quarter of a vCPU"
    assert found["HostConfig"]["Memory"] == 512 * 1024 * 1024
    assert found["HostConfig"]["Init"] is False, (
        "linuxParameters.initProcessEnabled, which ECS leaves off unless asked"
    )
    assert found["Config"]["StopTimeout"] == 30
    assert found["Config"]["User"] == "app", "the image's own user, since the settings name none"
    assert password(rehearsal) not in json.dumps([found["Config"]["Cmd"], found["Args"], found["Path"]])


def test_a_failing_migration_deploys_nothing(rehearsal: Rehearsal) -> None:
    play = Play("broken-migration")
    broken_migration(rehearsal, play)
    assert play.ok, played(play)


def test_a_denied_pull_shows_awss_text_by_dockers_client(rehearsal: Rehearsal) -> None:
    play = Play("denied")
    denied(rehearsal, play)
    assert play.ok, played(play)
    assert "Error response from daemon: pull access denied for 123456789012.dkr.ecr" in played(play)


def test_an_image_for_another_cpu_is_refused_before_it_migrates(
    rehearsal: Rehearsal, docker: DockerApi, other: str
) -> None:
    image = rehearsal.settings.image
    digest = rehearsal.level.push_image(
        other, image.repository, ["other-cpu", rehearsal.settings.source.push.tag], rehearsal.team.pusher()
    )
    execution = rehearsal.pushes.release_of(digest)
    said = execution.action("Check").error_message or ""
    assert "it is for linux/arm64, the tasks run on linux/amd64" in said
    assert "nothing was migrated" in said
    assert [one.action for one in execution.actions] == ["Source", "Check"], "nothing was provisioned"


def test_a_build_without_a_database_rule_cannot_migrate(rehearsal: Rehearsal, tmp_path: Path) -> None:
    cloud = rehearsal.cloud
    rule = next(rule for rule in cloud.declared(INGRESS) if "migrat" in rule.name)
    cloud.remove(rule.urn, rule.id)
    (tmp_path / "VERSION").write_text("v5\n", encoding="utf-8")
    execution = rehearsal.pushes.release_of(rehearsal.team.push(Version("v5", V1.folder, [tmp_path])))
    assert execution.status == ExecutionStatus.FAILED
    assert "migration failed" in (execution.action("Migrate").error_message or "")
    said = [entry.message for entry in rehearsal.journal.entries("VPC")]
    assert said, "the journal says who was cut off"
    assert "no ingress rule on sg-000000000000000db lets sg-" in said[0]


def test_everything_made_is_labelled(rehearsal: Rehearsal, docker: DockerApi) -> None:
    assert docker.labelled("containers", RUN), "a task runs"
    assert docker.labelled("networks", RUN)
    assert docker.labelled("images", RUN)
