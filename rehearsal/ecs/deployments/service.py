"""The service deployments of ECS: begun by a change of a service, one at a time for each, stopped, rolled back.

AWS documents: AmazonECS/latest/developerguide/service-deployment (states; a new deployment stops the one that runs),
deployment-circuit-breaker (what is rolled back to, and what happens where there is nothing), stop-service-deployment.
"""

import threading
from collections.abc import Sequence

from rehearsal.ecs.deployments.configuration import Strategy, read
from rehearsal.ecs.deployments.deployment import (
    Monitor,
    Rollback,
    Rollout,
    ServiceDeployment,
    ServiceRevision,
    Status,
    deployment_arn,
    revision_arn,
)
from rehearsal.ecs.deployments.infrastructure_role import keeper
from rehearsal.ecs.deployments.play import Parts, Play, RollbackFailed
from rehearsal.ecs.deployments.rolling import Rolling
from rehearsal.ecs.deployments.routes import free, routes_of
from rehearsal.ecs.deployments.shifting import Shifting
from rehearsal.ecs.deployments.watch import Failing, Superseded
from rehearsal.ecs.registration import Entry
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.task_set import TaskSetStatus
from rehearsal.elb.service import LoadBalancers

_PATIENCE = 60.0
"""Real seconds for a deployment that is stopped to notice it."""


class ServiceDeployments:
    """Runs each deployment in a thread of its own."""

    def __init__(self, parts: Parts) -> None:
        """Begin without deployments."""
        self._parts = parts

    def begin(self, service: Service, definition: str) -> ServiceDeployment:
        """Deploy a task definition with the service as it is now; EcsRefused. Stops the deployment that runs."""
        making, first = self._parts.making, not service.revisions
        with service.lock:
            entries = places(self._parts.load_balancers, service)
            blueprint = making.blueprint(service, definition, entries)
            running = service.deployment
            if running is not None:
                running.supersede()
            count = service.desired_count if first else 0
            tasks = making.make(
                service,
                blueprint,
                TaskSetStatus.ACTIVE,
                count,
                real=not first,
                allow=keeper(self._parts.cloud, service),
            )
            service.lead(tasks)
            sources = [one for one in service.revisions if one.tasks in service.task_sets]
            target = ServiceRevision(
                revision_arn(service.arn), tasks, list(service.balancers), dict(service.network)
            )
            back_to = [one for one in sources if one.rollout is Rollout.COMPLETED]
            deployment = ServiceDeployment(
                deployment_arn(service.arn), target, sources, dict(service.configuration),
                back_to[-1] if back_to else None,
            )  # fmt: skip
            service.revisions.append(target)
            service.deployments.append(deployment)
        tasks.begin()
        threading.Thread(
            target=self._run, args=(service, deployment, running), name=tasks.id, daemon=True
        ).start()
        return deployment

    def stop(self, deployments: Sequence[ServiceDeployment]) -> None:
        """Let deployments end where they are, and wait until they have."""
        for deployment in deployments:
            deployment.supersede()
        for deployment in deployments:
            deployment.ended.wait(_PATIENCE)

    def _run(self, service: Service, deployment: ServiceDeployment, before: ServiceDeployment | None) -> None:
        try:
            if before is not None:
                before.ended.wait()
            rolling = deployment.configuration.strategy is Strategy.ROLLING
            self._deploy((Rolling if rolling else Shifting)(self._parts, service, deployment))
        except Superseded:
            deployment.turn(Status.STOPPED)
        except Exception as crash:
            deployment.turn(Status.STOPPED, f"the rehearsal itself failed: {crash!r}")
            raise
        finally:
            deployment.ended.set()

    def _deploy(self, play: Play) -> None:
        deployment, target = play.deployment, play.target
        try:
            play.watch.look()
            deployment.turn(Status.IN_PROGRESS)
            target.turn(Rollout.IN_PROGRESS, f"ECS deployment {target.deployment_id} in progress.")
            play.events.begun(target, target.rollout_reason)
            play.deploy()
        except Failing as failure:
            self._fail(play, failure)
        else:
            self._complete(play, target)
            deployment.turn(Status.SUCCESSFUL)

    def _fail(self, play: Play, failure: Failing) -> None:
        deployment, target, back_to = play.deployment, play.target, play.deployment.back_to
        target.tasks.freeze()
        target.turn(Rollout.FAILED, failure.rollout)
        play.events.failed(target, failure.rollout, play.last_words())
        if not failure.rolls_back:
            deployment.turn(Status.STOP_REQUESTED, str(failure))
            deployment.turn(Status.STOPPED)
            play.events.say(
                f"{failure} No rollback is configured: what runs goes on, and nothing new is launched"
            )
        elif back_to is None:
            nothing = "There is no completed deployment to roll back to: nothing new is launched."
            by_hand = deployment.status is Status.ROLLBACK_REQUESTED
            deployment.turn(Status.STOPPED if by_hand else Status.ROLLBACK_FAILED, f"{failure} {nothing}")
            play.events.say(deployment.reason)
        else:
            self._roll_back(play, failure, back_to)

    def _roll_back(self, play: Play, failure: Failing, back_to: ServiceRevision) -> None:
        deployment = play.deployment
        deployment.turn(Status.ROLLBACK_IN_PROGRESS, str(failure))
        deployment.rollback = Rollback(str(failure), back_to.arn)
        by = "ECS deployment circuit breaker" if deployment.breaker is Monitor.TRIGGERED else "ECS deployment"
        back_to.turn(Rollout.IN_PROGRESS, f"{by}: rolling back to deploymentId {back_to.deployment_id}.")
        play.service.note(f"rolling back to deployment {back_to.deployment_id}.")
        play.events.begun(back_to, back_to.rollout_reason)
        try:
            play.roll_back(back_to)
        except RollbackFailed as worse:
            back_to.turn(Rollout.FAILED, f"{by}: the rollback failed.")
            deployment.turn(Status.ROLLBACK_FAILED)
            play.events.say(f"rollback failed: {worse}")
        else:
            self._complete(play, back_to)
            deployment.turn(Status.ROLLBACK_SUCCESSFUL)

    def _complete(self, play: Play, revision: ServiceRevision) -> None:
        revision.turn(Rollout.COMPLETED, f"ECS deployment {revision.deployment_id} completed.")
        play.events.completed(revision)


def places(load_balancers: LoadBalancers, service: Service) -> Sequence[Entry]:
    """Where the tasks of the next revision are registered: beside what is live, where ECS moves traffic."""
    routes = routes_of(service.balancers)
    if not routes or read(service.configuration).strategy is Strategy.ROLLING:
        return service.entries
    return [Entry(free(load_balancers, route), *route.entry[1:]) for route in routes]
