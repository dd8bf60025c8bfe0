"""What Pulumi's provider changes of a running service that ECS deploys, and what of it is not here."""

from dataclasses import replace
from pathlib import Path

from tests.rehearsal.bluegreen_world import BLUE
from tests.rehearsal.rolling_world import steady


def test_a_change_by_pulumi_begins_a_deployment_of_what_runs(tmp_path: Path) -> None:
    """API_UpdateService: network and load balancers begin one, the deployment configuration does not."""
    with steady(tmp_path) as world:
        world.release("example/app:v2")
        declared = world.service.declared
        limits = {**declared.inputs, "deploymentMaximumPercent": 250}
        world.services.redeclare(replace(declared, inputs=limits))
        assert world.told()["deploymentConfiguration"]["maximumPercent"] == 250
        assert len(world.service.deployments) == 2
        network = {"networkConfiguration": {"subnets": ["subnet-2"], "securityGroups": ["sg-2"]}}
        world.services.redeclare(replace(declared, inputs={**limits, **network}))
        assert world.ended()["status"] == "SUCCESSFUL"
        assert len(world.service.deployments) == 3
        assert world.told()["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] == ["sg-2"]
        world.is_on("example/app:v2")


def test_a_target_group_of_others_gets_nothing_here_and_says_so(tmp_path: Path) -> None:
    theirs = BLUE.replace("web-1", "theirs")
    ours = {"targetGroupArn": BLUE, "containerName": "web", "containerPort": 8080}
    with steady(tmp_path, loadBalancers=[ours, {**ours, "targetGroupArn": theirs}]) as world:
        assert world.told()["loadBalancers"][1]["targetGroupArn"] == theirs
        said = [
            one.message for one in world.cloud.journal.entries("ECS") if "is not the stack's" in one.message
        ]
        assert said == [
            f"target group {theirs} of service web is not the stack's: nothing is registered or checked there"
        ]
