"""CodeDeploy's API, for deployments to ECS.

AWS documents: codedeploy/latest/APIReference, a page for each operation. That CreateDeployment also needs to read the configuration
and to register the revision is what AWS says of its own callers (codepipeline/latest/userguide, security-iam-permissions).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.place import Place
from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.configuration import ConfigurationInvalid, configuration_of
from rehearsal.codedeploy.declared import APPLICATION, GROUP, DeploymentGroup, GroupInvalid
from rehearsal.codedeploy.deployment import Deployment
from rehearsal.codedeploy.group_shapes import changed, config_info, group_info, made_up_id
from rehearsal.codedeploy.known import Known, checked, name_of
from rehearsal.codedeploy.order import appspec_of, group_for, read_by
from rehearsal.codedeploy.permissions import group_arn, on_application, on_config, on_group, on_group_and_role
from rehearsal.codedeploy.service import Deployments
from rehearsal.codedeploy.shapes import deployment_info, revision, target_id, target_status
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import Needed, anywhere, on_each
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_PAGES = Paging(100)
_BATCH = 25
"""Deployments of one BatchGetDeployments (its page)."""


class CodeDeployApi:
    """The operations that operators, pipelines and scripts ask for."""

    def __init__(self, cloud: Cloud, deployments: Deployments) -> None:
        """Answer for these deployments, and for what is declared in `cloud`."""
        self._cloud = cloud
        self._deployments = deployments
        self._known = Known(cloud, deployments)

    # Applications and groups

    @operation(anywhere)
    def list_applications(self, asked: Asked) -> Answered:
        """API_ListApplications."""
        names = [str(one.outputs["name"]) for one in self._cloud.declared(APPLICATION)]
        return _PAGES.page(asked, "applications", sorted(names))

    @operation(on_application)
    def get_application(self, asked: Asked) -> Answered:
        """API_GetApplication."""
        one = self._known.application(asked)
        return {
            "application": {
                "applicationId": made_up_id(one.arn),
                "applicationName": str(one.outputs["name"]),
                "linkedToGitHub": False,
                "computePlatform": str(one.inputs["computePlatform"]),
            }
        }

    @operation(on_application)
    def list_deployment_groups(self, asked: Asked) -> Answered:
        """API_ListDeploymentGroups."""
        name = str(self._known.application(asked).outputs["name"])
        groups = [one for one in self._cloud.declared(GROUP) if one.outputs.get("appName") == name]
        names = sorted(map(name_of, groups))
        return {"applicationName": name, **_PAGES.page(asked, "deploymentGroups", names)}

    @operation(on_group)
    def get_deployment_group(self, asked: Asked) -> Answered:
        """API_GetDeploymentGroup."""
        one = self._known.group(asked, "deploymentGroupName")
        mine = self._deployments.of_group(str(one.outputs["appName"]), name_of(one))
        return {"deploymentGroupInfo": group_info(one, mine)}

    @operation(on_group_and_role)
    def update_deployment_group(self, asked: Asked) -> Answered:
        """API_UpdateDeploymentGroup: what is given is replaced as a whole, for the deployments that come."""
        one = self._known.group(asked, "currentDeploymentGroupName")
        after = changed(self._cloud, one, asked)
        self._cloud.add(after)
        told = ", ".join(sorted(set(asked) - {"applicationName", "currentDeploymentGroupName"}))
        self._cloud.journal.record("CodeDeploy", f"deployment group {name_of(one)} was given another {told}")
        return {"hooksNotCleanedUp": []}

    @operation(on_config)
    def get_deployment_config(self, asked: Asked) -> Answered:
        """API_GetDeploymentConfig."""
        name = str(asked["deploymentConfigName"])
        try:
            return {"deploymentConfigInfo": config_info(self._cloud, name)}
        except ConfigurationInvalid as missing:
            raise AwsRefusal("DeploymentConfigDoesNotExistException", str(missing)) from missing

    # Deployments

    def _for_new(self, request: Request, place: Place) -> list[Needed]:
        """The deployment on its group, its configuration, and the revision that it registers."""
        asked = request.document
        application = str(asked.get("applicationName") or "*")
        name = asked.get("deploymentConfigName")
        for one in self._cloud.declared(GROUP):
            if not name and one.outputs.get("deploymentGroupName") == asked.get("deploymentGroupName"):
                name = configuration_of(one.inputs)
        beside = {
            "GetDeploymentConfig": f"deploymentconfig:{name or '*'}",
            "RegisterApplicationRevision": f"application:{application}",
            "GetApplicationRevision": f"application:{application}",
        }
        return [
            *on_group(request, place),
            *(Needed(f"codedeploy:{one}", place.arn("codedeploy", on)) for one, on in beside.items()),
        ]

    @operation(_for_new)
    def create_deployment(self, asked: Asked) -> Answered:
        """API_CreateDeployment; what is given beside the revision counts for this deployment alone."""
        one = self._known.group(asked, "deploymentGroupName")
        spec = appspec_of(asked, read_by(self._cloud, str(one.inputs["serviceRoleArn"])))
        try:
            group = DeploymentGroup.of(self._cloud, str(one.outputs["appName"]), name_of(one))
        except GroupInvalid as wrong:
            raise AwsRefusal("InvalidInputException", str(wrong)) from wrong
        group = group_for(self._cloud, group, asked)
        made = self._deployments.create(group, spec, str(asked.get("description") or ""))
        return {"deploymentId": made.id}

    def _on_deployment(self, request: Request, place: Place) -> list[Needed]:
        """A deployment's own group; any for ids that there are not, so that nobody learns which there are."""
        ids = request.document.get("deploymentIds") or [request.document.get("deploymentId")]
        groups = [one.group for one in self._deployments.all() if one.id in ids]
        arns = {group_arn(place, one.application, one.name) for one in groups}
        return on_each(request, sorted(arns), group_arn(place, "*", "*"))

    @operation(_on_deployment)
    def get_deployment(self, asked: Asked) -> Answered:
        """API_GetDeployment."""
        return {"deploymentInfo": deployment_info(self._known.deployment(asked))}

    @operation(_on_deployment)
    def batch_get_deployments(self, asked: Asked) -> Answered:
        """API_BatchGetDeployments: ids that there are not are left out."""
        ids = [str(one) for one in asked["deploymentIds"]]
        if len(ids) > _BATCH:
            raise AwsRefusal("BatchLimitExceededException", f"{len(ids)} ids are given; {_BATCH} at most are")
        found = [one for one in self._deployments.all() if one.id in map(checked, ids)]
        return {"deploymentsInfo": [deployment_info(one) for one in found]}

    @operation(on_group)
    def list_deployments(self, asked: Asked) -> Answered:
        """API_ListDeployments, the newest first."""
        found = self._deployments.all()
        if asked.get("applicationName") or asked.get("deploymentGroupName"):
            one = self._known.group(asked, "deploymentGroupName")
            found = self._deployments.of_group(str(one.outputs["appName"]), name_of(one))
        ids = [one.id for one in reversed(found) if _listed(one, asked)]
        return _PAGES.page(asked, "deployments", ids)

    @operation(anywhere)
    def stop_deployment(self, asked: Asked) -> Answered:
        """API_StopDeployment: asks for it; the deployment's own state says when it is done."""
        one = self._known.deployment(asked)
        self._deployments.ask_to_stop(one, rollback=asked.get("autoRollbackEnabled"))
        return {"status": "Pending", "statusMessage": f"Deployment {one.id} is being stopped"}

    @operation(anywhere)
    def continue_deployment(self, asked: Asked) -> Answered:
        """API_ContinueDeployment: ends one of the two waits that a group can ask for."""
        self._deployments.go_on(
            self._known.deployment(asked), termination=asked.get("deploymentWaitType") == "TERMINATION_WAIT"
        )
        return {}

    # Targets: an ECS deployment has exactly one

    @operation(anywhere)
    def list_deployment_targets(self, asked: Asked) -> Answered:
        """API_ListDeploymentTargets."""
        one = self._known.started(asked)
        filters: Mapping[str, Sequence[str]] = asked.get("targetFilters") or {}
        if unknown := sorted(set(filters) - {"TargetStatus"}):
            raise AwsRefusal(
                "InvalidTargetFilterNameException",
                f"{unknown[0]} does not filter targets of a deployment to ECS; TargetStatus does",
            )
        wanted = filters.get("TargetStatus")
        ids = [target_id(one.group)] if wanted is None or target_status(one) in wanted else []
        return _PAGES.page(asked, "targetIds", ids)

    @operation(anywhere)
    def get_deployment_target(self, asked: Asked) -> Answered:
        """API_GetDeploymentTarget."""
        return {"deploymentTarget": self._known.target(self._known.started(asked), str(asked["targetId"]))}

    @operation(anywhere)
    def batch_get_deployment_targets(self, asked: Asked) -> Answered:
        """API_BatchGetDeploymentTargets."""
        one, ids = self._known.started(asked), [str(one) for one in asked["targetIds"]]
        if len(ids) > 1:
            raise AwsRefusal(
                "DeploymentTargetListSizeExceededException",
                f"{len(ids)} targets are given; a deployment to ECS has exactly one",
            )
        return {"deploymentTargets": [self._known.target(one, id_) for id_ in ids]}

    @operation(on_application)
    def get_application_revision(self, asked: Asked) -> Answered:
        """API_GetApplicationRevision: a revision that a deployment has registered, by its checksum or its place in S3."""
        name = str(self._known.application(asked).outputs["name"])
        given: Mapping[str, Any] = asked["revision"]
        used = [
            one
            for one in self._deployments.all()
            if one.group.application == name and _same(one.appspec, given)
        ]
        if not used:
            raise AwsRefusal("RevisionDoesNotExistException", f"{name} has no such revision")
        return {
            "applicationName": name,
            "revision": revision(used[0].appspec),
            "revisionInfo": {
                "description": f"Application revision registered by Deployment ID: {used[0].id}",
                "deploymentGroups": sorted({one.group.name for one in used}),
                "firstUsedTime": used[0].created,
                "lastUsedTime": used[-1].created,
                "registerTime": used[0].created,
            },
        }


def _listed(one: Deployment, asked: Asked) -> bool:
    statuses, made = asked.get("includeOnlyStatuses"), asked.get("createTimeRange") or {}
    start, end = made.get("start"), made.get("end")
    if start and end and start > end:
        raise AwsRefusal(
            "InvalidTimeRangeException", f"the range begins at {start} and ends before, at {end}"
        )
    return (
        (not statuses or one.status in statuses)
        and (start is None or one.created >= start)
        and (end is None or one.created <= end)
    )


def _same(appspec: AppSpec, given: Mapping[str, Any]) -> bool:
    if appspec.location is not None:
        return given.get("s3Location") == appspec.location
    content: Mapping[str, Any] = given.get("appSpecContent") or given.get("string") or {}
    return content.get("sha256") == appspec.sha256
