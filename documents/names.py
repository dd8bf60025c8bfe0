"""Names that an operator types, or that AWS refers to; everything else is named by Pulumi."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from documents.notifications import NOTICES


@dataclass(frozen=True)
class TooLong:
    """A name that AWS would refuse for its length."""

    what: str
    name: str
    service: str | None
    """The service it is made from; None for the stack's own names."""
    taken_by: str
    most: int
    """Characters that are taken."""


@dataclass(frozen=True)
class Names:
    """Names made from the application and the stack."""

    application: str
    stack: str

    @property
    def pipeline(self) -> str:
        """The pipeline, and what every other name begins with."""
        return f"{self.application}-{self.stack}"

    @property
    def migration(self) -> str:
        """The CodeBuild project."""
        return f"{self.pipeline}-migrate"

    @property
    def descriptor(self) -> str:
        """The SSM parameter that says what there is."""
        return f"/delivery/{self.application}/{self.stack}"

    def service(self, service: str) -> str:
        """ECS service, task definition family, CodeDeploy application and deployment group of one service."""
        return f"{self.pipeline}-{service}"

    def deployment_configuration(self, service: str, shift: str) -> str:
        """A CodeDeploy configuration of the stack's own; `shift` says what it does (`Shift.words`).

        CodeDeploy changes no configuration (its API has no UpdateDeploymentConfig), and keeps one while a group has it: another
        shift has another name, is made first, and the old one goes when the group has left it. Never too long where the roles'
        names are not: 54 characters and 31 make less than CodeDeploy's 100 (CodeDeploy API Reference, CreateDeploymentConfig).
        """
        return f"{self.service(service)}-{shift}"

    def log_group(self, what: str) -> str:
        """CloudWatch log group of the migration or of one service."""
        return f"/delivery/{self.application}/{self.stack}/{what}"

    @property
    def pipeline_role(self) -> str:
        """Role the pipeline has."""
        return self.pipeline

    @property
    def migration_role(self) -> str:
        """Role the migration's build has."""
        return self.migration

    @property
    def push(self) -> str:
        """Role that application teams push with, and the rule that hears of a push."""
        return f"{self.pipeline}-push"

    @property
    def start_role(self) -> str:
        """Role the rule starts the pipeline with."""
        return f"{self.pipeline}-start"

    @property
    def release(self) -> str:
        """The release function, and the role it has."""
        return f"{self.pipeline}-release"

    @property
    def release_log_group(self) -> str:
        """Log group of the release function; the slash keeps it apart from a service's."""
        return self.log_group("release/function")

    @property
    def undelivered(self) -> str:
        """Queue of the pushes that started nothing, and the alarm on it."""
        return f"{self.pipeline}-undelivered-pushes"

    @property
    def topic(self) -> str:
        """Topic that hears of releases."""
        return f"{self.pipeline}-releases"

    def notice(self, news: str) -> str:
        """Rule that hears of one kind of news."""
        return f"{self.pipeline}-{news}"

    def execution_role(self, service: str) -> str:
        """Role that ECS starts a service's tasks with."""
        return f"{self.service(service)}-execution"

    def task_role(self, service: str) -> str:
        """Role a service's application has."""
        return f"{self.service(service)}-task"

    def deploy_role(self, service: str) -> str:
        """Role CodeDeploy has for a service."""
        return f"{self.service(service)}-deploy"

    def alarm(self, service: str, group: int, of: str) -> str:
        """Alarm on one of a service's two target groups."""
        return f"{self.service(service)}-{group}-{of}"

    def traffic_role(self, service: str) -> str:
        """Role ECS moves a service's traffic with, and calls its hooks."""
        return f"{self.service(service)}-traffic"

    def rollout_alarm(self, service: str, group: int, of: str) -> str:
        """The same of a service that ECS itself moves: another name, so that changing over takes no alarm away.

        CloudWatch gives an alarm of a name that is there to whoever asks last (CloudWatch API Reference, PutMetricAlarm).
        """
        return f"{self.service(service)}-rollout-{group}-{of}"

    @property
    def bucket_prefix(self) -> str:
        """What the artifact bucket's name begins with; Pulumi's suffix of 26 characters still fits into S3's 63."""
        return f"{self.pipeline[:26]}-artifacts-"

    @property
    def artifacts(self) -> str:
        """What every artifact's key begins with, however CodePipeline cuts the pipeline's name.

        It writes under a folder of the name's first 20 characters (awsdocs/aws-cloudformation-user-guide#733); whether a hyphen at
        the end stays is written nowhere. So grants and expiry rest on 19 characters without a hyphen at their end, and on no slash:
        the bucket is this stack's own, and its other folder is called otherwise.
        """
        return self.pipeline[:19].rstrip("-")

    def too_long(self, services: Iterable[str]) -> Iterator[TooLong]:
        """Every name made here that is longer than AWS takes it."""
        for service in services:
            for role in (self.execution_role, self.task_role, self.deploy_role, self.traffic_role):
                yield from _beyond(ROLE, role(service), service)
            yield from _beyond(DEPLOYMENT_NAME, self.service(service), service)
        for role in (self.pipeline_role, self.migration_role, self.push, self.start_role, self.release):
            yield from _beyond(ROLE, role)
        yield from _beyond(RULE, self.push)
        for notice in NOTICES:
            yield from _beyond(RULE, self.notice(notice.name))
        yield from _beyond(QUEUE, self.undelivered)
        yield from _beyond(PIPELINE, self.pipeline)


@dataclass(frozen=True)
class _Length:
    what: str
    taken_by: str
    most: int


ROLE = _Length("role name", "IAM", 64)
"""IAM User Guide, reference_iam-quotas."""
RULE = _Length("rule name", "EventBridge", 64)
"""EventBridge API Reference, PutRule."""
QUEUE = _Length("queue name", "SQS", 80)
"""SQS API Reference, CreateQueue."""
PIPELINE = _Length("pipeline name", "CodePipeline", 100)
"""CodePipeline API Reference, PipelineDeclaration."""
DEPLOYMENT_NAME = _Length("application and deployment group name", "CodeDeploy", 100)
"""CodeDeploy API Reference, CreateApplication and CreateDeploymentGroup."""


def _beyond(length: _Length, name: str, service: str | None = None) -> Iterator[TooLong]:
    if len(name) > length.most:
        yield TooLong(length.what, name, service, length.taken_by, length.most)


ROLES_OF_A_STACK, ROLES_OF_A_SERVICE = (
    ("migrate", "push", "release", "start"),
    ("execution", "task", "deploy", "traffic"),
)
"""What a role's name ends in, after the stack's names or after a service's; the pipeline's own role has no ending."""

TEMPLATES = "templates"
"""First part of every template's key in the artifact bucket."""


def fitting(name: str) -> str:
    """`name` cut so that Pulumi's suffix of eight characters still fits into the 32 that ELB allows.

    For load balancers and target groups (Elastic Load Balancing API Reference, CreateLoadBalancer, CreateTargetGroup).
    """
    return name[:24].rstrip("-")
