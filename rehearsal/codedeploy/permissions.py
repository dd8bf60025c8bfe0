"""What a caller of CodeDeploy's API needs, where the request says it.

AWS document: service-authorization/latest/reference/list_awscodedeploy.md. What stops or continues a deployment, or looks at its
target, knows no resource.
"""

from documents.place import Place
from rehearsal.codedeploy.service_role import CODEDEPLOY
from rehearsal.endpoint.permissions import Needed, on
from rehearsal.endpoint.request import Request


def on_group(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the deployment group; on all of them where the request names none."""
    asked = request.document
    group = asked.get("deploymentGroupName") or asked.get("currentDeploymentGroupName") or "*"
    return on(request, group_arn(place, str(asked.get("applicationName") or "*"), str(group)))


def on_group_and_role(request: Request, place: Place) -> list[Needed]:
    """The same, and to hand on the role that the group is given."""
    role = request.document.get("serviceRoleArn")
    passed = [Needed("iam:PassRole", str(role), {"iam:PassedToService": CODEDEPLOY})] if role else []
    return [*on_group(request, place), *passed]


def on_application(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the application."""
    return on(request, place.arn("codedeploy", f"application:{request.document['applicationName']}"))


def on_config(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the deployment configuration."""
    return on(
        request, place.arn("codedeploy", f"deploymentconfig:{request.document['deploymentConfigName']}")
    )


def group_arn(place: Place, application: str, group: str) -> str:
    """ARN of a deployment group."""
    return place.arn("codedeploy", f"deploymentgroup:{application}/{group}")
