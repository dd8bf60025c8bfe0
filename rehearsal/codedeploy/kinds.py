"""Applications, deployment groups and configurations: on record, for the rehearsal's CodeDeploy to read."""

from rehearsal.cloudwatch.alarms import refuse_without_data
from rehearsal.codedeploy.configuration import (
    CONFIGURATION,
    ConfigurationInvalid,
    configuration_of,
    declared_shift,
    of_name,
)
from rehearsal.codedeploy.declared import GROUP
from rehearsal.errors import StackError
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block
from rehearsal.world.kind import Inputs, InUse, Kind, Made, arn, on_record, refuse_taken


def _deployment_group(cloud: Cloud, inputs: Inputs) -> Made:
    """Refuses a configuration that nobody made (API_CreateDeploymentGroup, DeploymentConfigDoesNotExistException)."""
    try:
        of_name(cloud, configuration_of(inputs))
    except ConfigurationInvalid as wrong:
        raise StackError(
            f"deployment group {inputs['deploymentGroupName']} asks for a deployment configuration",
            str(wrong),
            "correct deploymentConfigName where the program declares the group",
        ) from wrong
    configuration = block(inputs.get("alarmConfiguration"))
    watching = configuration.get("alarms") or () if configuration.get("enabled") is not False else ()
    refuse_without_data(cloud, watching, f"deployment group {inputs['deploymentGroupName']}")
    name = f"{inputs['appName']}/{inputs['deploymentGroupName']}"
    return name, {"arn": arn(cloud, "codedeploy", f"deploymentgroup:{name}"), "computePlatform": "ECS"}


APPLICATION = "aws:codedeploy/application:Application"


def _configuration(cloud: Cloud, inputs: Inputs) -> Made:
    name = str(inputs["deploymentConfigName"])
    try:
        declared_shift(inputs)
    except ConfigurationInvalid as wrong:
        raise StackError(
            f"deployment configuration {wrong}",
            "CodeDeploy takes a shift of ECS's traffic within its limits",
            "correct it where the program declares it",
        ) from wrong
    made = {"arn": arn(cloud, "codedeploy", f"deploymentconfig:{name}"), "deploymentConfigId": name}
    return name, made


def _keep_used(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    """codedeploy/latest/APIReference, API_DeleteDeploymentConfig: none that is in use."""
    for group in cloud.declared(GROUP):
        if group.inputs.get("deploymentConfigName") == resource_id:
            raise InUse(f"DeploymentConfigInUseException: Deployment Configuration is in use: {resource_id}")


# Refusals: API_CreateApplication, API_CreateDeploymentGroup, API_CreateDeploymentConfig.
KINDS = {
    CONFIGURATION: Kind(
        _configuration,
        _keep_used,
        named="deploymentConfigName",
        longest=100,
        refuse=refuse_taken(
            CONFIGURATION,
            "DeploymentConfigAlreadyExistsException: Deployment Configuration already exists: {deploymentConfigName}",
            "deploymentConfigName",
        ),
        # There is no UpdateDeploymentConfig (codedeploy/latest/APIReference, API_Operations).
        replaced_by=frozenset({"computePlatform", "deploymentConfigName", "trafficRoutingConfig"}),
    ),
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
