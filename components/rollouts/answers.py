"""Who moves a service to a new version: one answer for each that the settings may name. Nothing else asks which it is."""

from collections.abc import Callable, Mapping

from components.adopted_service import AdoptedService, AdoptedServiceArgs
from components.artifact_store import ArtifactStore
from components.image_repository import ImageRepository
from components.kit.stack import Stack
from components.rollouts.codedeploy import BlueGreenDeployment, ByCodeDeploy
from components.rollouts.ecs import ByEcs
from components.rollouts.ecs_rollout import EcsRollout
from components.service_front import ServiceFront
from components.web_service import WebService, WebServiceArgs
from components.worker import Worker, WorkerArgs
from settings.existing import Existing
from settings.rollout import Mover

Service = WebService | Worker | AdoptedService
Rollout = BlueGreenDeployment | EcsRollout

_ANSWERS: Mapping[Mover, Callable[[Stack, str], ByCodeDeploy | ByEcs]] = {
    Mover.CODEDEPLOY: ByCodeDeploy,
    Mover.ECS: ByEcs,
}


def declare_service(
    stack: Stack,
    key: str,
    repository: ImageRepository,
    artifacts: ArtifactStore,
    shares: ServiceFront | None,
) -> tuple[Service, Rollout]:
    """Declare the service `key` of the settings, on the listener of what it `shares`, and what moves it to a new version."""
    service = stack.settings.services[key]
    if service.existing is not None:
        return _adopt(stack, key, service.existing, repository, artifacts)
    if service.load_balancer is None:
        mover = ByEcs(stack, key)
        worker = Worker(key, WorkerArgs(stack=stack, key=key, repository=repository, mover=mover))
        return worker, mover.rollout_of(worker.task)
    mover = _ANSWERS[service.mover](stack, key)
    args = WebServiceArgs(stack=stack, key=key, repository=repository, mover=mover, shares=shares)
    web = WebService(key, args)
    return web, mover.rollout(web, artifacts)


def _adopt(
    stack: Stack, key: str, existing: Existing, repository: ImageRepository, artifacts: ArtifactStore
) -> tuple[Service, Rollout]:
    """Who moves a service that others made, is who its owner has set up for it."""
    adopted = AdoptedService(
        key, AdoptedServiceArgs(stack=stack, key=key, existing=existing, repository=repository)
    )
    if adopted.front is None:
        return adopted, ByEcs(stack, key).rollout_of(adopted.task)
    return adopted, ByCodeDeploy(stack, key).rollout(adopted, artifacts)
