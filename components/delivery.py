"""A whole stack from its settings: which parts there are, and what each is told of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from components.delivery_pipeline import DeliveryPipeline, DeliveryPipelineArgs
from components.descriptor import Descriptor, DescriptorArgs
from components.image_repository import ImageRepository, ImageRepositoryArgs
from components.kit.configuration import located
from components.kit.stack import Stack
from components.migration_build import MigrationBuild, MigrationBuildArgs
from components.notifications import Notifications, NotificationsArgs
from components.release_function import ReleaseFunction, ReleaseFunctionArgs
from components.release_templates import ReleaseTemplates, ReleaseTemplatesArgs
from components.rollouts.answers import Rollout, Service, declare_service
from components.service_front import ServiceFront
from components.sources.push import PushSource as Source
from components.sources.push import PushTrigger as Trigger
from documents.actions import Action, Stage, approval_action, deployment_window
from documents.descriptor import (
    ExistingDescriptor,
    ServiceDescriptor,
    StackDescriptor,
    TrafficDescriptor,
)
from settings import Settings
from settings.existing import Existing
from settings.service import Service as ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Everything that was declared for one stack."""

    stack: Stack
    repository: ImageRepository
    artifacts: ArtifactStore
    services: Mapping[str, Service]
    """By their names in the settings."""
    rollouts: Mapping[str, Rollout]
    """By the same names."""
    templates: ReleaseTemplates
    migration: MigrationBuild
    function: ReleaseFunction | None
    """None where the settings switch its check off, and CodeDeploy moves every service."""
    pipeline: DeliveryPipeline
    notifications: Notifications
    trigger: Trigger
    descriptor: Descriptor
    content: StackDescriptor[pulumi.Output[str]]
    """What the descriptor says."""

    @property
    def exports(self) -> Mapping[str, Any]:
        """What the stack's outputs say: the descriptor's content, and where it is."""
        return {"descriptor": self.descriptor.name, **self.content.document()}


def declare(settings: Settings) -> Delivery:
    """Declare a stack; RunError for settings that do not fit the account and Region that Pulumi runs for."""
    stack = located(settings)
    repository = ImageRepository("image", ImageRepositoryArgs(stack=stack, tag=Source.tag_of(settings)))
    artifacts = ArtifactStore("artifacts", ArtifactStoreArgs(stack=stack))
    made = _services(stack, repository, artifacts)
    services = {key: service for key, (service, _) in made.items()}
    rollouts = {key: rollout for key, (_, rollout) in made.items()}
    templates = ReleaseTemplates(
        "templates",
        ReleaseTemplatesArgs(
            bucket=artifacts.bucket,
            bucket_arn=artifacts.arn,
            files={file: text for one in rollouts.values() for file, text in one.templates.items()},
        ),
    )
    source = Source(stack, repository)
    migration = MigrationBuild(
        "migration",
        MigrationBuildArgs(
            stack=stack,
            repository=repository,
            artifacts=artifacts,
            errand=templates.errand,
        ),
    )
    function = _function(stack, repository, artifacts, migration, list(rollouts.values()))
    stages = (
        *source.stages,
        *_consent(settings),
        _release(
            settings,
            (
                *(
                    [function.check(source.released, run_order=1)]
                    if function and settings.release.check
                    else []
                ),
                migration.action(source.released, run_order=2),
                *(
                    rollouts[key].action(source.released, migration.handed, _place(service), function)
                    for key, service in settings.services.items()
                ),
            ),
        ),
    )
    pipeline = DeliveryPipeline(
        "delivery", DeliveryPipelineArgs(stack=stack, stages=stages, store=artifacts.store)
    )
    # EventBridge and SNS give a rule or topic of a name that is there to whoever asks last; CodePipeline and IAM refuse.
    after_pipeline = pulumi.ResourceOptions(depends_on=[pipeline])
    notifications = Notifications("notifications", NotificationsArgs(stack=stack), after_pipeline)
    trigger = source.trigger(pipeline.arn, notifications.alarm_topic_arns)
    content = StackDescriptor[pulumi.Output[str]](
        application=stack.names.application,
        stack=stack.names.stack,
        account=stack.place.account,
        region=stack.place.region,
        pipeline=pipeline.name,
        project=migration.project_name,
        repository=settings.image.repository,
        repository_url=repository.url,
        push_role_arn=repository.push_role_arn,
        tag=source.tag,
        bucket=artifacts.bucket,
        template_prefix=templates.prefix,
        undelivered_queue_url=trigger.dead_letter_queue_url,
        services={key: _describe(stack, key, services[key], rollouts[key]) for key in services},
        migration_log_group=stack.names.log_group("migrate"),
    )
    return Delivery(
        stack=stack,
        repository=repository,
        artifacts=artifacts,
        services=services,
        rollouts=rollouts,
        templates=templates,
        migration=migration,
        function=function,
        pipeline=pipeline,
        notifications=notifications,
        trigger=trigger,
        descriptor=Descriptor("descriptor", DescriptorArgs(stack=stack, content=content)),
        content=content,
    )


def _services(
    stack: Stack, repository: ImageRepository, artifacts: ArtifactStore
) -> Mapping[str, tuple[Service, Rollout]]:
    """Every service with what moves it, in the settings' order; one that shares another's listener is made after it."""
    given = stack.settings.services
    made: dict[str, tuple[Service, Rollout]] = {}
    for key in sorted(given, key=lambda key: given[key].shares is not None):
        owner = given[key].shares
        front = made[owner][0].front if owner else None
        shared = (
            front if isinstance(front, ServiceFront) else None
        )  # a service that others made owns none here
        made[key] = declare_service(stack, key, repository, artifacts, shared)
    return {key: made[key] for key in given}


def _consent(settings: Settings) -> Sequence[Stage]:
    """A stage of its own for a person's consent, where the settings ask for it."""
    approval = settings.release.approval
    if approval is None:
        return ()
    return (Stage(name="Approve", actions=(approval_action(approval.message, approval.timeout_minutes),)),)


def _function(
    stack: Stack,
    repository: ImageRepository,
    artifacts: ArtifactStore,
    migration: MigrationBuild,
    rollouts: Sequence[Rollout],
) -> ReleaseFunction | None:
    """None where no step of any release would call it."""
    asked = [statement for rollout in rollouts for statement in rollout.by_function]
    if not stack.settings.release.check and not asked:
        return None
    return ReleaseFunction(
        "release",
        ReleaseFunctionArgs(
            stack=stack,
            repository=repository,
            artifacts=artifacts,
            project_arn=migration.project_arn,
            looked_at=[statement for rollout in rollouts for statement in rollout.looked_at],
            rollouts=asked,
        ),
    )


def _place(service: ServiceSettings) -> int:
    """Run order of a service's deployment: web services after the migration, workers one order after another behind them.

    A failed action ends its stage, so no worker is touched when a web service is not through (CodePipeline User Guide,
    reference-pipeline-structure, runOrder).
    """
    return 3 if service.takes_traffic else 3 + service.rollout.order


def _release(settings: Settings, actions: Sequence[Action]) -> Stage:
    """Everything that changes something in one stage: a stage takes one execution at a time, so two releases never overlap.

    CodePipeline User Guide, concepts-how-it-works (stage locks).
    """
    window = settings.release.window
    return Stage(
        name="Release",
        actions=actions,
        before_entry=deployment_window(window.cron, window.time_zone) if window else None,
    )


def _describe(
    stack: Stack, key: str, service: Service, rollout: Rollout
) -> ServiceDescriptor[pulumi.Output[str]]:
    given = stack.settings.services[key]
    return ServiceDescriptor(
        cluster=given.cluster,
        service=given.called(stack.names.service(key)),
        deployment=rollout.described,
        container=given.container,
        port=given.port if service.front else None,
        listener_arn=service.front.listener_arn if service.front else None,
        url=service.front.url if service.front else None,
        log_group=stack.names.log_group(key),
        existing=_existing(given.existing) if given.existing else None,
    )


def _existing(existing: Existing) -> ExistingDescriptor:
    traffic = existing.traffic
    return ExistingDescriptor(
        execution_role=existing.execution_role_arn,
        task_role=existing.task_role_arn,
        traffic=TrafficDescriptor(
            listener=traffic.listener_arn,
            rules=traffic.rule_arns,
            test_listener=traffic.test_listener_arn,
            target_groups=traffic.target_group_arns,
        )
        if traffic
        else None,
    )
