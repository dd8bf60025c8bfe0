"""Applications and deployment groups: on record, for the rehearsal's CodeDeploy to read."""

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, on_record


def _deployment_group(cloud: Cloud, inputs: Inputs) -> Made:
    name = f"{inputs['appName']}/{inputs['deploymentGroupName']}"
    return name, {"arn": arn(cloud, "codedeploy", f"deploymentgroup:{name}"), "computePlatform": "ECS"}


KINDS = {
    "aws:codedeploy/application:Application": Kind(
        on_record("codedeploy", lambda inputs: f"application:{inputs['name']}"),
        replaced_by=frozenset({"computePlatform"}),
    ),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": Kind(
        _deployment_group, named=None, replaced_by=frozenset({"appName"})
    ),
}
