"""What CreateDeployment asks for: an AppSpec, and what is otherwise than the group has it, for this deployment alone.

AWS documents: codedeploy/latest/APIReference/API_CreateDeployment, API_RevisionLocation, API_AppSpecContent.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.codedeploy.appspec import AppSpec, AppSpecError, parsed
from rehearsal.codedeploy.configuration import ConfigurationInvalid, of_name
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.group_shapes import alarm_names
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud

_TEXTS = {"AppSpecContent": "appSpecContent", "String": "string"}
"""Revision types that hold the AppSpec itself, by their member."""

_OF_SERVERS = (
    "targetInstances",
    "updateOutdatedInstancesOnly",
    "ignoreApplicationStopFailures",
    "fileExistsBehavior",
    "deploymentMode",
)
"""Members that mean something for instances alone."""


def appspec_of(asked: Mapping[str, Any]) -> AppSpec:
    """The AppSpec that a deployment is created with; AwsRefusal for none, or for one that CodeDeploy does not take."""
    revision: Mapping[str, Any] = asked.get("revision") or {}
    kind = str(revision.get("revisionType") or "")
    if not revision:
        raise AwsRefusal(
            "RevisionRequiredException", "a deployment to ECS needs a revision: give its AppSpec"
        )
    if kind == "S3":
        raise RehearsalError(
            "a revision of type S3", "the rehearsal's CodeDeploy reads no bucket", "give it as AppSpecContent"
        )
    content: Mapping[str, Any] = revision.get(_TEXTS.get(kind, "")) or {}
    text = str(content.get("content") or "")
    if not text:
        raise AwsRefusal(
            "InvalidRevisionException", f"the revision of type {kind or 'none'} holds no AppSpec's content"
        )
    seen = hashlib.sha256(text.encode()).hexdigest()
    if content.get("sha256") not in {None, seen}:
        raise AwsRefusal(
            "InvalidRevisionException", f"the content's sha256 is {seen}, not {content['sha256']} as is said"
        )
    try:
        return parsed(text)
    except AppSpecError as wrong:
        raise AwsRefusal("InvalidRevisionException", str(wrong)) from wrong


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
