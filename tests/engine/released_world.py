"""A stack of the real engine whose resources run, so that releases change what Pulumi declared."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pulumi.automation import PulumiCommand

from rehearsal.levels.process.level import ProcessLevel
from rehearsal.pulumi_engine.drift import LiveParts
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.running.outside import Outside
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.running.traffic import get
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud


class World:
    """A stack whose resources run; its listener is the same under whatever names."""

    stack: Stack
    rehearsal: Rehearsal
    listener: str

    def get(self) -> tuple[int, Any]:
        return get(self.rehearsal.load_balancers.url(self.listener))

    def answering(self) -> str:
        return str(self.get()[1].get("version"))

    def forward_to(self, group: str) -> None:
        """What docs/operations.md does by the AWS CLI; `group` is its name in the program."""
        action = {"Type": "forward", "TargetGroupArn": self.state(group)["outputs"]["arn"]}
        elb = self.rehearsal.cloud.client("elbv2")
        elb.modify_listener(ListenerArn=self.listener, DefaultActions=[action])

    def group(self) -> str:
        (arn,) = (arn for arn, w in self.rehearsal.load_balancers.weights(self.listener).items() if w > 0)
        return arn

    def previewed(self, change: Callable[[dict[str, Any]], object]) -> dict[str, str]:
        """What an edit would do, which is then taken back."""
        before = self.stack.settings_file.read_text(encoding="utf-8")
        self.stack.edit(change)
        changes = short(self.stack.preview().changes)
        self.stack.settings_file.write_text(before, encoding="utf-8")
        return changes

    def remove(self, name: str) -> None:
        """What the engine would do last of all with a resource that is replaced."""
        one = self.state(name)
        self.stack.provider.resources.delete(one["urn"], one["id"], one["inputs"], one["outputs"])

    def state(self, name: str) -> Any:
        return next(one for urn, one in self.stack.resources().items() if urn.endswith(f"::{name}"))


@contextmanager
def running_stack(cli: PulumiCommand, file: Path | None = None) -> Generator[tuple[Stack, Rehearsal]]:
    """The stg stack of the real engine after its first up, whose resources run; `file` is its YAML where that is elsewhere."""
    with ExitStack() as ends:
        made: list[Stack] = []

        def declare(cloud: Cloud) -> None:
            made.append(ends.enter_context(engine_stack(cloud, "stg", cli, file=file)))
            previewed = made[0].preview().changes
            assert made[0].up().changes == previewed, "up does what a preview has said"

        rehearsal = ends.enter_context(
            rehearsing(
                "stg",
                level=ProcessLevel,
                stack_file=file,
                declare_instead=declare,
                outside=Outside(approve=lambda text: True),
                clock=Clock(0.002, own=0.25) if file else None,
            )
        )
        parts = LiveParts(rehearsal.services, rehearsal.load_balancers)
        resources = made[0].provider.resources
        resources.live, resources.changed, resources.removed = parts.of, parts.follow, parts.end
        yield made[0], rehearsal


@contextmanager
def running_world(cli: PulumiCommand) -> Generator[World]:
    """The stg stack of the real engine, whose resources run."""
    made = World()
    with running_stack(cli) as (made.stack, made.rehearsal):
        made.listener = made.rehearsal.users.listener_arn("web")
        yield made


def short(changes: Mapping[str, str]) -> dict[str, str]:
    return {urn.rpartition("::")[2]: op for urn, op in changes.items()}


def wait_for(so: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
