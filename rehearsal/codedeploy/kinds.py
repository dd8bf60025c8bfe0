"""Applications and deployment groups: on record, for the rehearsal's CodeDeploy to read."""

from rehearsal.codedeploy.declared import GROUP
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, on_record, refuse_taken


def _deployment_group(cloud: Cloud, inputs: Inputs) -> Made:
    name = f"{inputs['appName']}/{inputs['deploymentGroupName']}"
    return name, {"arn": arn(cloud, "codedeploy", f"deploymentgroup:{name}"), "computePlatform": "ECS"}


APPLICATION = "aws:codedeploy/application:Application"

# Refusals: API_CreateApplication, API_CreateDeploymentGroup.
KINDS = {
    APPLICATION: Kind(
        on_record("codedeploy", lambda inputs: f"application:{inputs['name']}"),
        refuse=refuse_taken(
            APPLICATION, "ApplicationAlreadyExistsException: Application already exists: {name}"
        ),
        replaced_by=frozenset({"computePlatform"}),
    ),
    GROUP: Kind(
        _deployment_group,
        named=None,
        refuse=refuse_taken(
            GROUP,
            "DeploymentGroupAlreadyExistsException: Deployment group name already exists: {deploymentGroupName}",
            "appName",
            "deploymentGroupName",
        ),
        replaced_by=frozenset({"appName"}),
    ),
}
