"""Whether CodeDeploy would take a deployment now, and let it go on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from documents.descriptor import DeploymentDescriptor
from documents.nested import within
from release.findings import Finding, Refusal, Wait
from release.subject import Subject

RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")
"""States of a deployment that has not ended (CodeDeploy API Reference, ListDeployments)."""

_TAKES_TURNS = "a group takes one deployment at a time"
"""CodeDeploy User Guide, limits."""


def alarmed(subject: Subject) -> Iterator[Finding]:
    """Alarms in ALARM of the groups that heed theirs.

    CodeDeploy stops every deployment of such a group (CodeDeploy User Guide, monitoring-create-alarms; CodeDeploy API
    Reference, CreateDeployment, overrideAlarmConfiguration), which comes after the migration.
    """
    for deployment in _deployments(subject):
        names = _heeded(subject, deployment)
        for name in in_alarm(subject, names):
            yield Refusal(
                f"alarm {name}",
                f"it is in ALARM, and CodeDeploy would stop the deployment of {deployment.deployment_group} after the migration",
                "start the release again once it is OK, or switch the group's alarms off for it: aws deploy "
                f"update-deployment-group --application-name {deployment.code_deploy_application} "
                f"--current-deployment-group-name {deployment.deployment_group} --alarm-configuration enabled=false; "
                "nothing was migrated",
            )


def in_alarm(subject: Subject, names: Sequence[str]) -> list[str]:
    """Those of these alarms that are in ALARM; CloudWatch takes an empty list for all there are."""
    if not names:
        return []
    answer = subject.aws.client("cloudwatch").describe_alarms(
        AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM"
    )
    found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
    return sorted(str(one["AlarmName"]) for one in found)


def running(subject: Subject) -> Iterator[Finding]:
    """Deployments that are under way; one that moves traffic back ends by itself and is waited for.

    A rollback is a deployment of its own, begun by CodeDeploy (CodeDeploy User Guide, deployments-rollback-and-redeploy).
    """
    codedeploy = subject.aws.client("codedeploy")
    for deployment in _deployments(subject):
        answer = codedeploy.list_deployments(
            applicationName=deployment.code_deploy_application,
            deploymentGroupName=deployment.deployment_group,
            includeOnlyStatuses=list(RUNNING),
        )
        for found in answer.get("deployments", ()):
            info = codedeploy.get_deployment(deploymentId=found)["deploymentInfo"]
            if info.get("status") in RUNNING:
                yield _in_the_way(found, info, deployment.deployment_group)


def _in_the_way(deployment: str, info: Mapping[str, Any], group: str) -> Finding:
    refusal = Refusal(
        f"deployment {deployment} of {group}",
        f"it is {info['status']}, and {_TAKES_TURNS}",
        f"let it end, or end it (aws deploy stop-deployment --deployment-id {deployment} --auto-rollback-enabled), "
        "then start the release again; nothing was migrated",
    )
    if info.get("creator") == "codeDeployRollback":
        return Wait(f"waiting for {deployment}, which moves the traffic of {group} back", refusal)
    return refusal


def _deployments(subject: Subject) -> list[DeploymentDescriptor]:
    return [one.deployment for one in subject.stack.services.values() if one.deployment is not None]


def _heeded(subject: Subject, deployment: DeploymentDescriptor) -> list[str]:
    """Names of the alarms that stop the group's deployments, as the group has them at this moment."""
    answer = subject.aws.client("codedeploy").get_deployment_group(
        applicationName=deployment.code_deploy_application, deploymentGroupName=deployment.deployment_group
    )
    alarms = within(answer["deploymentGroupInfo"], "alarmConfiguration")
    return [str(one["name"]) for one in alarms.get("alarms", ())] if alarms.get("enabled") else []
