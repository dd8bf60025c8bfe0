"""What CreateDeployment asks for: an AppSpec, and what is otherwise than the group has it, for this deployment alone.

AWS documents: codedeploy/latest/APIReference/API_CreateDeployment, API_RevisionLocation, API_AppSpecContent.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codedeploy.appspec import AppSpec, AppSpecError, parsed
from rehearsal.codedeploy.configuration import ConfigurationInvalid, of_name
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.group_shapes import alarm_names
from rehearsal.codedeploy.service_role import CODEDEPLOY
from rehearsal.errors import AwsRefusal
from rehearsal.identity.authority import AccessDenied
from rehearsal.world.cloud import Cloud

_TEXTS = {"AppSpecContent": "appSpecContent", "String": "string"}
"""Revision types that hold the AppSpec itself, by their member."""

_BUNDLES = ("YAML", "JSON")
"""Bundle types of an AppSpec in S3 (API_S3Location)."""

_OF_SERVERS = (
    "targetInstances",
    "updateOutdatedInstancesOnly",
    "ignoreApplicationStopFailures",
    "fileExistsBehavior",
    "deploymentMode",
)
"""Members that mean something for instances alone."""


def appspec_of(asked: Mapping[str, Any], read: Callable[[Mapping[str, str]], str]) -> AppSpec:
    """The AppSpec that a deployment is created with; AwsRefusal for none, or for one that CodeDeploy does not take.

    `read` answers the text of an object in S3, by its location.
    """
    revision: Mapping[str, Any] = asked.get("revision") or {}
    kind = str(revision.get("revisionType") or "")
    if not revision:
        raise AwsRefusal(
            "RevisionRequiredException", "a deployment to ECS needs a revision: give its AppSpec"
        )
    if kind == "S3":
        location: Mapping[str, str] = revision.get("s3Location") or {}
        if location.get("bundleType") not in _BUNDLES:
            raise _invalid(
                f"the bundle type {location.get('bundleType')} is no AppSpec for ECS: {' or '.join(_BUNDLES)}"
            )
        return replace(_parsed(read(location)), location=location)
    content: Mapping[str, Any] = revision.get(_TEXTS.get(kind, "")) or {}
    text = str(content.get("content") or "")
    if not text:
        raise _invalid(f"the revision of type {kind or 'none'} holds no AppSpec's content")
    seen = hashlib.sha256(text.encode()).hexdigest()
    if content.get("sha256") not in {None, seen}:
        raise _invalid(f"the content's sha256 is {seen}, not {content['sha256']} as is said")
    return _parsed(text)


def read_by(cloud: Cloud, role_arn: str) -> Callable[[Mapping[str, str]], str]:
    """Reads objects in S3 as a deployment group's service role (codedeploy/latest/userguide/getting-started-create-service-role)."""

    def read(location: Mapping[str, str]) -> str:
        bucket, key = location.get("bucket") or "", location.get("key") or ""
        version = {"VersionId": location["version"]} if location.get("version") else {}
        try:
            client = cloud.client("s3", cloud.authority.assume(role_arn, CODEDEPLOY))
            return client.get_object(Bucket=bucket, Key=key, **version)["Body"].read().decode()
        except (ClientError, AccessDenied, UnicodeDecodeError) as failure:
            raise _invalid(f"the AppSpec s3://{bucket}/{key} cannot be read: {failure}") from failure

    return read


def group_for(cloud: Cloud, group: DeploymentGroup, asked: Mapping[str, Any]) -> DeploymentGroup:
    """The group as this deployment has it; AwsRefusal for what CodeDeploy does not take."""
    for name in _OF_SERVERS:
        if asked.get(name) and (name, asked[name]) not in {
            ("fileExistsBehavior", "DISALLOW"),
            ("deploymentMode", "STANDARD"),
        }:
            raise AwsRefusal(
                "InvalidInputException",
                f"{name} is given, and a deployment to ECS has no instances: leave it",
            )
    if name := asked.get("deploymentConfigName"):
        try:
            group = replace(group, config=str(name), shift=of_name(cloud, str(name)))
        except ConfigurationInvalid as missing:
            raise AwsRefusal("DeploymentConfigDoesNotExistException", str(missing)) from missing
    rollback: Mapping[str, Any] | None = asked.get("autoRollbackConfiguration")
    if rollback is not None:
        events = frozenset(rollback.get("events") or ()) if rollback.get("enabled") else frozenset[str]()
        group = replace(group, rollback_events=events)
    alarms: Mapping[str, Any] | None = asked.get("overrideAlarmConfiguration")
    if alarms is not None:
        named = tuple(alarm_names(alarms))
        group = replace(
            group,
            alarms=named if alarms.get("enabled") else (),
            ignore_poll_alarm_failure=bool(alarms.get("ignorePollAlarmFailure")),
        )
    return group


def _parsed(text: str) -> AppSpec:
    try:
        return parsed(text)
    except AppSpecError as wrong:
        raise _invalid(str(wrong)) from wrong


def _invalid(text: str) -> AwsRefusal:
    return AwsRefusal("InvalidRevisionException", text)
