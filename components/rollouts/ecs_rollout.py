"""How a release gets one service to its image through ECS: what it reads, what it must be allowed, its action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.kit.stack import Stack
from components.kit.task import Task
from components.release_function import ReleaseFunction
from documents import grants
from documents.actions import Action, Handed, Released
from documents.policy import Statement
from documents.strategies import MOST_RELEASE, STARTING
from documents.templates import taskdef_file
from settings import moving
from settings.service import Service


@dataclass(frozen=True, kw_only=True)
class EcsRollout:
    """How a release gets one service to its image through ECS."""

    stack: Stack
    key: str
    task: Task
    described: None = None
    """There is no CodeDeploy group to be told of."""

    @property
    def _service(self) -> Service:
        return self.stack.settings.services[self.key]

    @property
    def _called(self) -> str:
        return self._service.called(self.stack.names.service(self.key))

    @property
    def templates(self) -> Mapping[str, pulumi.Output[str]]:
        """Text of the only file that a deployment reads, by its name."""
        return {taskdef_file(self.key): self.task.template}

    @property
    def looked_at(self) -> Sequence[Statement]:
        """What it must be allowed to look at before a release besides: whoever rolls a service out may look at it."""
        existing = self._service.existing
        return grants.look_at_roles(existing.roles if existing else ())

    @property
    def by_function(self) -> Sequence[Statement]:
        """What the release function must be allowed for it."""
        names = self.stack.names
        return grants.roll_out(
            self.stack.place,
            self._service.cluster,
            self._called,
            names.service(self.key),
            [self.task.execution_role_arn, self.task.task_role_arn],
            names.log_group(self.key),
        )

    def action(
        self, released: Released, templates: Handed, run_order: int, function: ReleaseFunction | None
    ) -> Action:
        """Deploys the released image by the release function; ValueError without one."""
        if function is None:
            raise ValueError(f"services.{self.key} is moved by ECS, which only the release function asks to")
        service = self._service
        # How long an existing service's deployments last is its owner's to say.
        waited = MOST_RELEASE if service.existing else moving.waited(service.rollout, service.strategy)
        minutes = STARTING + waited
        return function.rollout(self.key, released, templates, run_order, minutes)
