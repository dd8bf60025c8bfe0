"""CodeBuild's API, in its own shapes.

AWS documents: codebuild/latest/APIReference, API_<operation>.md. The errors are documented, their exact texts are not. StartBuild is
not here: every project's artifacts are a pipeline's, and CodeBuild starts those for the pipeline alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.codebuild import documents
from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.codebuild.permissions import build_name, on_builds, on_project, on_projects, project_name
from rehearsal.codebuild.service import CodeBuild
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_IDS = Paging(100, wrong="InvalidInputException")


class CodeBuildApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: CodeBuild) -> None:
        """Answer for this service, whose projects were made by now."""
        self._service = service
        self._made = datetime.now(UTC)

    @operation(on_builds)
    def batch_get_builds(self, asked: Asked) -> Answered:
        """Builds by their ids, and the ids that are no build's."""
        found = {one: self._service.record(build_name(one)) for one in asked["ids"]}
        return {
            "builds": [documents.build(self._service.cloud, record) for record in found.values() if record],
            "buildsNotFound": [one for one, record in found.items() if record is None],
        }

    @operation(on_project)
    def list_builds_for_project(self, asked: Asked) -> Answered:
        """The ids of a project's builds, the latest first unless otherwise asked for."""
        project = self._service.project(project_name(asked["projectName"]))
        ids = [one.id for one in self._service.records() if one.order.project.name == project.name]
        return _IDS.page(asked, "ids", _sorted(asked, ids))

    @operation(anywhere)
    def list_builds(self, asked: Asked) -> Answered:
        """The ids of all builds, the latest first unless otherwise asked for."""
        return _IDS.page(asked, "ids", _sorted(asked, [one.id for one in self._service.records()]))

    @operation(on_projects)
    def batch_get_projects(self, asked: Asked) -> Answered:
        """Projects by name or ARN, and the names that are no project's."""
        there = {one.outputs["name"]: one for one in self._service.cloud.declared(PROJECT_TYPE)}
        names = {one: project_name(one) for one in asked["names"]}
        return {
            "projects": [
                documents.project(there[name], self._made) for name in names.values() if name in there
            ],
            "projectsNotFound": [one for one, name in names.items() if name not in there],
        }

    @operation(anywhere)
    def list_projects(self, asked: Asked) -> Answered:
        """The names of all projects; sorted by name, for they are never modified here."""
        names = sorted(str(one.outputs["name"]) for one in self._service.cloud.declared(PROJECT_TYPE))
        descending = asked.get("sortOrder") == "DESCENDING"
        return _IDS.page(asked, "projects", names[::-1] if descending else names)

    @operation(on_builds)
    def stop_build(self, asked: Asked) -> Answered:
        """Stop a build; one that has ended is answered as it is."""
        record = self._service.record(build_name(asked["id"]))
        if record is None:
            raise AwsRefusal("ResourceNotFoundException", f"Build cannot be found: {asked['id']}")
        self._service.stop(record)
        return {"build": documents.build(self._service.cloud, record)}


def _sorted(asked: Asked, ids: list[str]) -> list[str]:
    return ids if asked.get("sortOrder") == "ASCENDING" else ids[::-1]
