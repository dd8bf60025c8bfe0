"""Stacks whose services ECS itself moves, with what their tests look at and do."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import yaml

from rehearsal.faults import provided
from rehearsal.host.project import ROOT
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.levels.version import Version
from rehearsal.running.outside import Outside
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from tests.rehearsal.stagehands import Replay, holding, until, version

CLUSTER = "apps-stg"
WORKS = "import time\nprint('working', flush=True)\nwhile True:\n    time.sleep(1)\n"
NEVER_WELL = "import time\nprint('warming up', flush=True)\ntime.sleep(600)\n"
"""Instead of app.py: a process that never answers."""


class EcsStack:
    """Stack stg with other services, running version `good`."""

    def __init__(self, rehearsal: Rehearsal, folder: Path) -> None:
        self.rehearsal = rehearsal
        self._folder = folder
        rehearsal.users.steady(60)
        self.good = self.push("good")
        self.first = rehearsal.pushes.release_of(self.good, 120)
        assert self.first.status == "Succeeded", [
            (one.action, one.error_message) for one in self.first.actions
        ]

    def replayed(self) -> AbstractContextManager[None]:
        """Builds answer with the templates at once: what is played comes after them."""
        return provided(self.rehearsal.pipeline, "CodeBuild", Replay.of_templates(self.rehearsal))

    def version(self, name: str, **files: str) -> Version:
        return version(self._folder, name, **{"worker_py": WORKS, **files})

    def push(self, name: str, **files: str) -> str:
        """Push a version under a tag of nobody's, so that each test starts its own release."""
        return self.rehearsal.team.push(self.version(name, **files))

    def hold(self, name: str, **files: str) -> str:
        """Push a version whose event starts nothing; its digest."""
        with holding(self.rehearsal) as pushed:
            return str(pushed(self.version(name, **files))["detail"]["image-digest"])

    @property
    def ecs(self) -> Any:
        return self.rehearsal.cloud.client("ecs")

    def told(self, service: str) -> dict[str, Any]:
        return self.ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]

    def revision(self, service: str) -> str:
        """The revision that a service has, and no other beside it."""
        [only] = self.told(service)["deployments"]
        return str(only["taskDefinition"]).rpartition("/")[2]

    @contextmanager
    def patient(self, service: str) -> Generator[None]:
        """Tasks of a service have ten times as long until their health counts: a person's commands take seconds."""
        before = int(self.told(service)["healthCheckGracePeriodSeconds"])
        on = {"cluster": CLUSTER, "service": service}
        self.ecs.update_service(**on, healthCheckGracePeriodSeconds=10 * before)
        try:
            yield
        finally:
            self.ecs.update_service(**on, healthCheckGracePeriodSeconds=before)

    def deploying(self, service: str) -> str:
        """The deployment of a service that goes on, once there is one."""

        def newest() -> dict[str, Any]:
            listed = self.ecs.list_service_deployments(cluster=CLUSTER, service=service)
            return listed["serviceDeployments"][0]

        until(lambda: newest()["status"] == "IN_PROGRESS", f"a deployment of {service}")
        return str(newest()["serviceDeploymentArn"])


@contextmanager
def ecs_stack(
    folder: Path,
    services: Callable[[dict[str, Any]], dict[str, Any]],
    person: Callable[[str], bool] | None = None,
) -> Generator[EcsStack]:
    """Stack stg with the services that are made of its web service's settings; `person` says whether a paused one goes on."""
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    config = document["config"]
    config["delivery:services"] = services(config["delivery:services"]["web"])
    file = folder / "Pulumi.stg.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with rehearsing(
        "stg",
        level=ProcessLevel,
        stack_file=file,
        outside=Outside(approve=person),
        clock=Clock(0.002, own=0.1),
    ) as running:
        yield EcsStack(running, folder)
