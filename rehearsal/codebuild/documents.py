"""Projects and builds as CodeBuild's API shows them. Pure.

AWS documents: codebuild/latest/APIReference, API_Project.md and API_Build.md. The program declares projects as Pulumi has them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.codebuild.declared import PROJECT_TYPE, Project, read
from rehearsal.codebuild.record import BuildRecord, BuildStatus, PhaseRecord
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.moments import moment

DEFAULT_QUEUED_MINUTES = 480
"""Eight hours (API codebuild.Project, queuedTimeoutInMinutes)."""

Document = dict[str, Any]

_SOURCE = ("type", "location", "gitCloneDepth", "buildspec", "reportBuildStatus", "insecureSsl")
_ARTIFACTS = (
    "type", "location", "path", "namespaceType", "name", "packaging", "overrideArtifactName", "encryptionDisabled",
    "artifactIdentifier",
)  # fmt: skip
_ENVIRONMENT = (
    "type",
    "image",
    "computeType",
    "privilegedMode",
    "certificate",
    "imagePullCredentialsType",
    "registryCredential",
)
_NETWORK = ("vpcId", "subnets", "securityGroupIds")


def project(declared: Declared, made: datetime) -> Document:
    """API codebuild.Project; `made` is when it was made."""
    inputs, known = declared.inputs, read(declared)
    return {
        **_common(inputs, known),
        "name": known.name,
        "arn": known.arn,
        "artifacts": _picked(inputs["artifacts"], _ARTIFACTS),
        "tags": [{"key": key, "value": value} for key, value in (inputs.get("tags") or {}).items()],
        "created": made,
        "lastModified": made,
        "badge": {"badgeEnabled": bool(inputs.get("badgeEnabled"))},
        "projectVisibility": inputs.get("projectVisibility") or "PRIVATE",
        "logsConfig": {"cloudWatchLogs": _log(known)},
        **_set(description=inputs.get("description"), concurrentBuildLimit=known.concurrent_builds),
    }


def _common(inputs: Mapping[str, Any], known: Project) -> Document:
    environment: Mapping[str, Any] = inputs["environment"]
    found: Document = {
        "source": _picked(inputs["source"], _SOURCE),
        "cache": _picked(inputs.get("cache") or {"type": "NO_CACHE"}, ("type", "location", "modes")),
        "environment": {
            **_picked(environment, _ENVIRONMENT),
            "environmentVariables": _variables(known.variables),
        },
        "serviceRole": known.service_role,
        "timeoutInMinutes": int(known.timeout_minutes),
        "queuedTimeoutInMinutes": int(inputs.get("queuedTimeout") or DEFAULT_QUEUED_MINUTES),
    }
    network = _picked(inputs.get("vpcConfig") or {}, _NETWORK)
    return {**found, **_set(vpcConfig=network, encryptionKey=known.key_id)}


def _variables(variables: Iterable[EnvironmentVariable]) -> list[Document]:
    """Each once: a build's own come after its project's."""
    last = {one.name: one for one in variables}
    return [{"name": one.name, "value": one.value, "type": one.type} for one in last.values()]


def _log(known: Project) -> Document:
    return {"status": "ENABLED", **_picked(known.log, ("status", "groupName", "streamName"))}


def build(cloud: Cloud, record: BuildRecord) -> Document:
    """API codebuild.Build."""
    order = record.order
    known = order.project
    declared = cloud.one(PROJECT_TYPE, name=known.name)
    revision = next((one.revision for one in order.inputs if one.revision), None)
    complete = record.status != BuildStatus.IN_PROGRESS
    common = _common(declared.inputs, known)
    ended = {"endTime": moment(record.ended)} if record.ended else {}
    return {
        **common,
        "id": record.id,
        "arn": cloud.place.arn("codebuild", f"build/{record.id}"),
        "buildNumber": order.number,
        "startTime": moment(record.started),
        **ended,
        "currentPhase": record.phases[-1].name,
        "buildStatus": record.status.value,
        "projectName": known.name,
        "phases": [_phase(one) for one in list(record.phases)],
        "source": {**common["source"], "buildspec": order.document},
        "environment": {
            **common["environment"],
            "environmentVariables": _variables([*known.variables, *order.variables]),
        },
        "artifacts": {"location": ""},
        "serviceRole": order.role_arn,
        "logs": _logs(cloud, record),
        "buildComplete": complete,
        "initiator": order.initiator,
        "exportedEnvironmentVariables": [
            {"name": name, "value": value} for name, value in record.exported.items()
        ],
        **_set(resolvedSourceVersion=revision),
    }


def _phase(phase: PhaseRecord) -> Document:
    found: Document = {"phaseType": phase.name, "startTime": moment(phase.began)}
    if phase.name == "COMPLETED":
        return found
    found["phaseStatus"] = phase.status.value
    if phase.ended is None:
        return found
    return {
        **found,
        "endTime": moment(phase.ended),
        "durationInSeconds": round(phase.ended - phase.began),
        "contexts": [{"statusCode": phase.code, "message": phase.message}],
    }


def _logs(cloud: Cloud, record: BuildRecord) -> Document:
    found: Document = {"cloudWatchLogs": _log(record.order.project)}
    if record.log is None:
        return found
    group, stream = record.log
    arn = cloud.place.arn("logs", f"log-group:{group}:log-stream:{stream}")
    return {**found, "groupName": group, "streamName": stream, "cloudWatchLogsArn": arn}


def _picked(inputs: Mapping[str, Any], names: tuple[str, ...]) -> Document:
    return {name: inputs[name] for name in names if inputs.get(name) is not None}


def _set(**members: Any) -> Document:
    """The members that have a value; the API leaves out the others."""
    return {name: one for name, one in members.items() if one}
