"""What a request to CodeDeploy names, or CodeDeploy's word that there is none."""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.codedeploy.declared import APPLICATION, GROUP
from rehearsal.codedeploy.deployment import Deployment
from rehearsal.codedeploy.service import Deployments
from rehearsal.codedeploy.shapes import target, target_id
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud, Declared

Asked = Mapping[str, Any]

_ID = re.compile(r"d-[A-Z0-9]{9,}")


class Known:
    """Applications, groups and deployments by what a request's members say; AwsRefusal from each."""

    def __init__(self, cloud: Cloud, deployments: Deployments) -> None:
        """Look in these."""
        self._cloud = cloud
        self._deployments = deployments

    def application(self, asked: Asked) -> Declared:
        """The application that `applicationName` says."""
        name = asked.get("applicationName")
        if not name:
            raise AwsRefusal("ApplicationNameRequiredException", "an application's name is needed")
        for one in self._cloud.declared(APPLICATION):
            if one.outputs.get("name") == name:
                return one
        raise AwsRefusal("ApplicationDoesNotExistException", f"No application found for name: {name}")

    def group(self, asked: Asked, member: str) -> Declared:
        """The deployment group that `member` says, of that application."""
        application, name = self.application(asked).outputs["name"], asked.get(member)
        if not name:
            raise AwsRefusal("DeploymentGroupNameRequiredException", "a deployment group's name is needed")
        for one in self._cloud.declared(GROUP):
            if (one.outputs.get("appName"), name_of(one)) == (application, name):
                return one
        raise AwsRefusal(
            "DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}"
        )

    def deployment(self, asked: Asked) -> Deployment:
        """The deployment of `deploymentId`."""
        id_ = checked(str(asked.get("deploymentId") or ""))
        for one in self._deployments.all():
            if one.id == id_:
                return one
        raise AwsRefusal("DeploymentDoesNotExistException", f"The deployment {id_} could not be found")

    def started(self, asked: Asked) -> Deployment:
        """The same, if it has begun."""
        one = self.deployment(asked)
        if one.started is None:
            raise AwsRefusal("DeploymentNotStartedException", f"The deployment {one.id} has not started")
        return one

    def target(self, one: Deployment, id_: str) -> dict[str, Any]:
        """A deployment's target of this id, in the API's shape."""
        if id_.count(":") != 1:
            raise AwsRefusal(
                "InvalidDeploymentTargetIdException",
                f"Invalid id {id_} for ECS deployment, valid Id should be in format <cluster-name>:<service-name>",
            )
        if id_ != target_id(one.group):
            raise AwsRefusal(
                "DeploymentTargetDoesNotExistException", f"The deployment {one.id} has no target {id_}"
            )
        return target(one, self._cloud.place.arn("ecs", f"service/{one.group.cluster}/{one.group.service}"))


def name_of(group: Declared) -> str:
    """A deployment group's own name."""
    return str(group.outputs["deploymentGroupName"])


def checked(id_: str) -> str:
    """A deployment's id, if it has the form of one."""
    if not id_:
        raise AwsRefusal("DeploymentIdRequiredException", "a deployment's id is needed")
    if not _ID.fullmatch(id_):
        raise AwsRefusal(
            "InvalidDeploymentIdException", f"Specified DeploymentId is not in the valid format: {id_}"
        )
    return id_
