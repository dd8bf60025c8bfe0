"""What a caller of CodeBuild's API needs.

AWS document: service-authorization/latest/reference/list_awscodebuild.md: builds have no ARN of their own in policies, their
project's is what counts.
"""

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, on, on_each
from rehearsal.endpoint.request import Request


def on_builds(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the project of each build."""
    asked = request.document
    ids = asked.get("ids") or [asked["id"]]
    return on_each(request, [_project(place, build_name(one).partition(":")[0]) for one in ids])


def on_projects(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on each project."""
    asked = request.document
    names = asked.get("names") or [asked["projectName"]]
    return on_each(request, [_project(place, project_name(one)) for one in names])


def on_project(request: Request, place: Place) -> list[Needed]:
    """The action of the operation's own name on the project."""
    return on(request, _project(place, project_name(request.document["projectName"])))


def build_name(named: str) -> str:
    """A build's id, from the id or from the build's ARN."""
    return named.partition(":build/")[2] or named


def project_name(named: str) -> str:
    """A project's name, from the name or from the project's ARN."""
    return named.partition(":project/")[2] or named


def _project(place: Place, name: str) -> str:
    return place.arn("codebuild", f"project/{name}")
