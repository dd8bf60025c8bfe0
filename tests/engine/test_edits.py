"""What `pulumi preview` says about each edit an infrastructure team makes: exactly these resources, nothing else."""

import copy
from collections.abc import Callable, Generator
from typing import Any

import pytest

from rehearsal.pulumi_engine.lifecycle import UNTAGGED
from rehearsal.pulumi_engine.stack import Stack
from rehearsal.world.cloud import Cloud

Config = dict[str, Any]

DESCRIPTOR = "delivery:index:Descriptor$aws:ssm/parameter:Parameter::descriptor-parameter"
GROUP = (
    "delivery:index:BlueGreenDeployment$aws:codedeploy/deploymentGroup:DeploymentGroup::web-deployment-group"
)
CONFIGURATION = "delivery:index:BlueGreenDeployment$aws:codedeploy/deploymentConfig:DeploymentConfig::web-deployment-configuration"
LISTENER = "delivery:index:WebService$delivery:index:ServiceFront$aws:lb/listener:Listener::web-listener"
BALANCER_GROUP = (
    "delivery:index:WebService$delivery:index:ServiceFront$aws:ec2/securityGroup:SecurityGroup"
    "::web-balancer-group"
)
PIPELINE = "delivery:index:DeliveryPipeline$aws:codepipeline/pipeline:Pipeline::delivery-pipeline"
PIPELINE_POLICY = "delivery:index:DeliveryPipeline$aws:iam/rolePolicy:RolePolicy::delivery-policy"
CHECK_POLICY = "delivery:index:ReleaseFunction$aws:iam/rolePolicy:RolePolicy::release-policy"
PROJECT = "delivery:index:MigrationBuild$aws:codebuild/project:Project::migration-project"
REVISION = "delivery:index:WebService$aws:ecs/taskDefinition:TaskDefinition::web-first-revision"
REPOSITORY = "delivery:index:ImageRepository$aws:ecr/repository:Repository::image-repository"
LIFECYCLE = "delivery:index:ImageRepository$aws:ecr/lifecyclePolicy:LifecyclePolicy::image-lifecycle"
SERVICE = "delivery:index:WebService$aws:ecs/service:Service::web-service"
SUBSCRIPTION = "delivery:index:Notifications$aws:sns/topicSubscription:TopicSubscription::notifications-"
TEMPLATE = "delivery:index:ReleaseTemplates$aws:s3/bucketObjectv2:BucketObjectv2::templates-"
ALARM = "delivery:index:BlueGreenDeployment$aws:cloudwatch/metricAlarm:MetricAlarm::web-deployment-"

NEW_TEMPLATES = {
    f"{TEMPLATE}taskdef-web.json": "replace",
    f"{TEMPLATE}appspec-web.yaml": "replace",
    PROJECT: "update",
    DESCRIPTOR: "update",
}
"""A new version of the templates, the build that fetches them, and the descriptor that names them."""


def web(config: Config) -> Config:
    return config["delivery:services"]["web"]


def release(config: Config) -> Config:
    return config["delivery:release"]


EDITS: dict[str, tuple[Callable[[Config], object], dict[str, str]]] = {
    "an environment variable": (lambda c: web(c)["environment"].update(COLOR="blue"), NEW_TEMPLATES),
    "the size of a task": (
        lambda c: web(c).update(cpu=512, memory=1024),
        {**NEW_TEMPLATES, REVISION: "replace"},
    ),
    "the migration command": (
        lambda c: c["delivery:migration"].update(command=["python", "other.py"]),
        {PROJECT: "update"},
    ),
    "an alarm threshold": (
        lambda c: release(c).update(alarms={"serverErrors": 20}),
        {f"{ALARM}1-server-errors": "update", f"{ALARM}2-server-errors": "update"},
    ),
    "a notification address more": (
        lambda c: c["delivery:notify"]["emails"].append("night@example.com"),
        {f"{SUBSCRIPTION}night@example.com": "create"},
    ),
    "another notification address": (
        lambda c: c["delivery:notify"].update(emails=["night@example.com"]),
        {f"{SUBSCRIPTION}night@example.com": "create", f"{SUBSCRIPTION}team@example.com": "delete"},
    ),
    "how long blue stays": (lambda c: release(c).update(blueRetentionMinutes=6), {GROUP: "update"}),
    "how traffic moves": (
        lambda c: web(c).update(rollout={"trafficShift": "CodeDeployDefault.ECSCanary10Percent5Minutes"}),
        {GROUP: "update", PIPELINE_POLICY: "update"},
    ),
    "a canary of one's own": (
        lambda c: web(c).update(rollout={"canary": {"percent": 25, "intervalMinutes": 45}}),
        {CONFIGURATION: "create", GROUP: "update", PIPELINE_POLICY: "update"},
    ),
    "the listener's port": (
        lambda c: web(c)["loadBalancer"].update(port=8088),
        {LISTENER: "update", BALANCER_GROUP: "update", DESCRIPTOR: "update"},
    ),
    "the grace period": (
        lambda c: web(c).update(healthCheck={"gracePeriodSeconds": 90}),
        {SERVICE: "update", f"{ALARM}1-unhealthy": "update", f"{ALARM}2-unhealthy": "update"},
    ),
    "the number of tasks": (lambda c: web(c).update(desiredCount=3), {SERVICE: "update"}),
    "the number of tasks, which something else scales": (
        lambda c: web(c).update(desiredCount=3, autoscaled=True),
        {},
    ),
    "the pipeline's mode": (lambda c: release(c).update(mode="SUPERSEDED"), {PIPELINE: "update"}),
    "a moving tag": (
        lambda c: c["delivery:images"]["app"].update(movingTags=[{"tag": "prd"}]),
        {REPOSITORY: "update", LIFECYCLE: "update"},
    ),
    "an approval": (lambda c: release(c).update(approval={}), {PIPELINE: "update"}),
    "a window": (
        lambda c: release(c).update(window={"cron": "0 0 9-17 ? * MON-FRI *"}),
        {PIPELINE: "update"},
    ),
}


@pytest.fixture(scope="module")
def running(stg: Stack) -> Stack:
    stg.up()
    return stg


@pytest.fixture
def edited(running: Stack) -> Generator[Stack]:
    before = running.settings_file.read_text(encoding="utf-8")
    yield running
    running.settings_file.write_text(before, encoding="utf-8")


def short(changes: dict[str, str]) -> dict[str, str]:
    """Changes without the beginning that all URNs of the stack share."""
    return {urn.split("::", 2)[2]: op for urn, op in changes.items()}


def test_a_second_up_changes_nothing(running: Stack) -> None:
    assert running.up().changes == {}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_exactly_what_it_is_about(edited: Stack, edit: str) -> None:
    change, expected = EDITS[edit]
    edited.edit(change)
    assert short(edited.preview().changes) == expected


def test_a_second_service_changes_the_pipeline_and_what_lists_services(edited: Stack) -> None:
    def second(config: Config) -> None:
        one = copy.deepcopy(web(config))
        one["loadBalancer"]["port"] = 81
        config["delivery:services"]["api"] = one

    edited.edit(second)
    changes = short(edited.preview().changes)
    made = {urn for urn, op in changes.items() if op == "create"}
    assert {urn: op for urn, op in changes.items() if urn not in made} == {
        **NEW_TEMPLATES,
        PIPELINE: "update",
        PIPELINE_POLICY: "update",
        CHECK_POLICY: "update",
    }, "the first service itself is left alone"
    assert all(urn.rpartition("::")[2].startswith(("api", "templates-")) for urn in made)


def test_a_tag_updates_every_resource_that_has_tags_and_makes_none_anew(edited: Stack) -> None:
    edited.edit(lambda config: config["aws:defaultTags"]["tags"].update(team="shop"))
    seen = edited.preview()
    custom = [urn for urn, one in edited.resources().items() if one["custom"]]
    tagged = {urn for urn in custom if (t := type_of(urn)) not in UNTAGGED and t.startswith("aws:")}
    provider = {urn for urn in custom if type_of(urn) == "pulumi:providers:aws"}
    assert seen.changes == dict.fromkeys(tagged | provider, "update")
    keys = {key for one in seen.operations if one.urn in tagged for key in one.keys}
    assert keys == {"tagsAll"}, (
        "a change of tags alone is sent by TagResource: no pipeline update, nothing stops"
    )


def test_an_environment_variable_leaves_the_earlier_templates_for_releases_under_way(
    edited: Stack, cloud: Cloud
) -> None:
    bucket = cloud.one("aws:s3/bucket:Bucket").id
    pipeline = cloud.one("aws:codepipeline/pipeline:Pipeline")
    before = keys_in(cloud, bucket)
    edited.edit(lambda config: web(config)["environment"].update(COLOR="green"))
    assert short(edited.up().changes) == NEW_TEMPLATES, "up does what preview said"
    assert before < keys_in(cloud, bucket), "executions that began with the earlier version still find it"
    assert cloud.one("aws:codepipeline/pipeline:Pipeline") is pipeline, (
        "no UpdatePipeline: no release is stopped"
    )
    assert edited.up().changes == {}


def test_another_canary_is_made_before_the_group_takes_it_and_the_old_one_goes(
    edited: Stack, cloud: Cloud
) -> None:
    """CodeDeploy changes no configuration, and deletes none that a group has: another order would be refused."""
    for percent in (25, 50):
        shift = {"canary": {"percent": percent, "intervalMinutes": 45}}
        edited.edit(lambda config, rollout=shift: web(config).update(rollout=rollout))
        seen = edited.up()
    assert short(seen.changes) == {CONFIGURATION: "replace", GROUP: "update", PIPELINE_POLICY: "update"}
    [configuration] = cloud.declared("aws:codedeploy/deploymentConfig:DeploymentConfig")
    assert configuration.id == "shop-stg-web-canary-50-percent-45-minutes"
    assert edited.up().changes == {}


def test_another_container_port_goes_out_with_the_next_release(edited: Stack) -> None:
    """A target group with another port is another one, and the one behind the listener could not be deleted."""
    edited.edit(lambda config: web(config).update(port=9090))
    changes = short(edited.preview().changes)
    touched = {urn.rpartition("::")[2] for urn in changes}
    assert not touched & {"web-1", "web-2", "web-listener", "web-group"}, "what takes traffic stays as it is"
    edited.up()
    assert edited.up().changes == {}


def keys_in(cloud: Cloud, bucket: str) -> set[str]:
    answer = cloud.client("s3").list_objects_v2(Bucket=bucket)
    return {one["Key"] for one in answer.get("Contents", [])}


def type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]
