"""Every combination of settings that loads can be rehearsed: each service of the local cloud reads what is declared for it."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples

from documents.names import Names
from documents.place import Place
from documents.templates import appspec_file, taskdef_file
from rehearsal.codebuild import buildspec
from rehearsal.codebuild import declared as projects
from rehearsal.codedeploy import appspec
from rehearsal.codedeploy.declared import GROUP, DeploymentGroup
from rehearsal.codepipeline import declared as pipelines
from rehearsal.ecs import task_definition
from rehearsal.elb.health_check import HealthCheck as TargetHealthCheck
from rehearsal.evaluation.resources import declare
from rehearsal.evaluation.secret_values import store
from rehearsal.host.database_address import address_of
from rehearsal.running.endpoint import empty_cloud
from rehearsal.running.existing import stand_up
from rehearsal.running.outside import Outside
from rehearsal.world.cloud import Cloud
from settings import Settings, parse
from settings.rollout import Mover
from tests.valid_settings import valid_settings

ACCOUNT, STACK = "123456789012", "drawn"
NOT_PLAYED = ("serviceConnect", "furtherTargetGroups")
"""Settings that a rehearsal refuses by name."""
DIGEST = "sha256:" + "a" * 64


@examples(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(valid_settings())
def test_what_loads_is_declared_and_read_by_every_service(raw: dict[str, Any]) -> None:
    for service in raw["services"].values():
        for refused in NOT_PLAYED:
            service.pop(refused, None)
    settings = parse(raw)
    place = Place.of(ACCOUNT, "us-east-1")
    config = {"aws:region": place.region, **{f"delivery:{key}": value for key, value in raw.items()}}
    with tempfile.TemporaryDirectory() as scratch, empty_cloud(Path(scratch), place) as cloud:
        Outside(approve=lambda text: True).refuse_what_does_not_fit(settings)
        stand_up(cloud, settings, Names(settings.application, STACK))
        declare(cloud, STACK, config)
        store(cloud, settings, address_of("postgresql://app@127.0.0.1:5432/app"))
        _read_everything(cloud, settings)


def _read_everything(cloud: Cloud, settings: Settings) -> None:
    pipeline = pipelines.read(cloud.one("aws:codepipeline/pipeline:Pipeline"))
    deploys = [
        one.name for stage in pipeline.stages for one in stage.actions if one.name.startswith("Deploy-")
    ]
    assert sorted(deploys) == sorted(f"Deploy-{name}" for name in settings.services)
    project = projects.read(cloud.one("aws:codebuild/project:Project"))
    assert buildspec.parse(project.buildspec).phases
    groups = cloud.declared(GROUP)
    moved = [name for name, one in settings.services.items() if one.mover is Mover.CODEDEPLOY]
    assert len(groups) == len(moved)
    for group in groups:
        read = DeploymentGroup.of(cloud, group.inputs["appName"], group.inputs["deploymentGroupName"])
        assert read.shift.steps()[-1].percent == 100, "all traffic is on green in the end"
    for target in cloud.declared("aws:lb/targetGroup:TargetGroup"):
        assert TargetHealthCheck.of(target.inputs).accepts(200), "the page before the first push answers 200"
    for name in settings.services:
        _templates(cloud, name, spec_too=name in moved)


def _templates(cloud: Cloud, service: str, *, spec_too: bool) -> None:
    files = {
        one.name.removeprefix("templates-"): one.inputs["content"]
        for one in cloud.declared("aws:s3/bucketObjectv2:BucketObjectv2")
    }
    image = f"{cloud.place.registry}/shop@{DIGEST}"
    definition = task_definition.filled(files[taskdef_file(service)], {"IMAGE1_NAME": image})
    answer = cloud.client("ecs").register_task_definition(**definition)["taskDefinition"]
    if not spec_too:
        return
    spec = appspec.parsed(appspec.filled(files[appspec_file(service)], answer["taskDefinitionArn"]))
    container = task_definition.container(definition, spec.container_name)
    assert container is not None
    assert spec.container_port in task_definition.ports(container)
