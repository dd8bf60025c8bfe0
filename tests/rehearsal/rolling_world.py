"""Services that ECS deploys itself, asked by boto3: everything is real but the programs in the containers."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.cloudwatch.alarms import ALARM, Alarms
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.service import EcsServices
from rehearsal.elb.service import LoadBalancers
from rehearsal.gateway.gateway import Gateway
from rehearsal.lambda_.service import Functions
from rehearsal.running.apis import container_api
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    FakeRuntime,
    World,
    blue_green_cloud,
    declare,
    declare_service,
    eventually,
    register,
    task_definition,
)

ON_WEB = {"cluster": "shop", "service": "web"}
OWN = 0.02
"""Real seconds of a second of the programs' own time: the forty in which a worker has to stay alive are 0.8 here."""


@dataclass
class Rolling(World):
    """A service that ECS deploys, and the administrator's client."""

    alarms: Alarms
    client: Any
    events: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    """What was put on the bus."""

    @property
    def service(self) -> Service:
        return self.services.service("shop", "web")

    def told(self) -> dict[str, Any]:
        return self.client.describe_services(cluster="shop", services=["web"])["services"][0]

    def version(self, image: str) -> str:
        return register(self.cloud, task_definition(image))

    def update(self, **asked: Any) -> dict[str, Any]:
        return self.client.update_service(**ON_WEB, **asked)["service"]

    def deploy(self, image: str, **asked: Any) -> dict[str, Any]:
        """Begin a deployment of an image."""
        return self.update(taskDefinition=self.version(image), **asked)

    def release(self, image: str, **asked: Any) -> dict[str, Any]:
        """Deploy an image; how the deployment ended."""
        self.deploy(image, **asked)
        return self.ended()

    def ended(self, seconds: float = 20.0) -> dict[str, Any]:
        """Wait for the newest deployment to end; what is told of it."""
        deployment = self.service.deployments[-1]
        assert deployment.ended.wait(seconds), f"it is {deployment.status}: {deployment.reason}"
        return self.deployment(deployment.arn)

    def deployment(self, arn: str) -> dict[str, Any]:
        return self.client.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]

    def messages(self) -> list[str]:
        return [one["message"] for one in self.told()["events"]]

    def is_on(self, image: str) -> None:
        """Assert that the service runs this image, and nothing else."""
        (only,) = self.told()["deployments"]
        assert (only["status"], only["rolloutState"]) == ("PRIMARY", "COMPLETED")
        assert {task.specs[0].image for task in self.runtime.tasks if not task.stopped} == {image}


@contextmanager
def rolling(
    folder: Path,
    image: str = "example/app:v1",
    prepare: Callable[[Cloud], Functions | None] = lambda _: None,
    ask: Callable[[str], bool] | None = None,
    **service: Any,
) -> Generator[Rolling]:
    """A service behind the production listener, or behind nothing where `loadBalancers` is empty, on its first image.

    `prepare` declares what else there is, and says who runs functions; `ask` answers pauses.
    """
    with blue_green_cloud(folder) as (gateway, cloud):
        cloud.clock.own = OWN
        functions = prepare(cloud)
        given: dict[str, Any] = {"deploymentController": {"type": "ECS"}, **service}
        declared = declare_service(cloud, register(cloud, task_definition(image)), **given)
        with _running(gateway, cloud, functions, ask) as world:
            world.services.create_service(declared)
            yield world
        assert world.runtime.alive == [], "everything started is stopped"


@contextmanager
def _running(
    gateway: Gateway, cloud: Cloud, functions: Functions | None, ask: Callable[[str], bool] | None
) -> Generator[Rolling]:
    runtime, events = FakeRuntime(), list[Mapping[str, Any]]()
    with LoadBalancers(cloud) as balancers:
        alarms = Alarms(cloud, balancers)
        with EcsServices(cloud, runtime, balancers, alarms, functions, events.append, ask) as services:
            gateway.answer_by(container_api(cloud, services))
            yield Rolling(cloud, runtime, balancers, services, alarms, cloud.client("ecs"), events)


@contextmanager
def steady(folder: Path, **service: Any) -> Generator[Rolling]:
    """The same once its first deployment has ended well."""
    with rolling(folder, **service) as world:
        assert world.ended()["status"] == "SUCCESSFUL"
        yield world


def declare_alarm(cloud: Cloud, name: str) -> None:
    """An alarm that nothing but somebody's hand sets."""
    declare(cloud, ALARM, name, name=name, namespace="AWS/SQS", metricName="Depth", actionsEnabled=False)


__all__ = ["ON_WEB", "Rolling", "declare_alarm", "eventually", "rolling", "steady"]
