"""CodeDeploy: admits deployments, one at a time for each deployment group, and runs them.

Limits: codedeploy/latest/userguide/limits ("1 concurrent deployment per deployment group").
"""

import threading
from collections.abc import Mapping

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy import blue_green
from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import Creator, Deployment, DeploymentStatus
from rehearsal.codedeploy.preparation import Parts
from rehearsal.ecs.service import EcsServices
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud

INSTALL_TIMEOUT = 3600.0
"""Declared seconds that CodeDeploy waits for green (AmazonECS/latest/developerguide/deployment-type-bluegreen)."""


class DeploymentLimitExceeded(AwsRefusal):
    """The deployment group has a deployment in progress."""

    def __init__(self, message: str) -> None:
        """Hold CodeDeploy's text."""
        super().__init__("DeploymentLimitExceededException", message)


class Deployments:
    """Every deployment of a cloud; runs each in a thread of its own."""

    def __init__(  # noqa: PLR0913, PLR0917  (the services it stands on, and two things a rehearsal may choose)
        self,
        cloud: Cloud,
        services: EcsServices,
        load_balancers: LoadBalancers,
        alarms: Alarms,
        install_timeout: float = INSTALL_TIMEOUT,
        hooks: Mapping[str, str] | None = None,
    ) -> None:
        """Begin without deployments; `install_timeout` is in declared seconds, `hooks` what functions of hooks answer."""
        self._parts = Parts(cloud, services, load_balancers, alarms, {} if hooks is None else hooks)
        self._install_timeout = install_timeout
        self._lock = threading.Lock()
        self._all: dict[str, Deployment] = {}

    def create(self, group: DeploymentGroup, appspec: AppSpec, description: str = "") -> Deployment:
        """Start a deployment (CreateDeployment); raises DeploymentLimitExceeded while another one runs."""
        deployment = Deployment(group, appspec, description)
        with self._lock:
            of_group = [one for one in self._all.values() if _of(one, group.application, group.name)]
            for other in of_group:
                if not other.ended.is_set():
                    raise DeploymentLimitExceeded(
                        f"The Deployment Group '{group.name}' already has an active Deployment '{other.id}'"
                    )
            good = [one for one in of_group if one.status == DeploymentStatus.SUCCEEDED]
            deployment.previous = good[-1].appspec if good else None
            self._all[deployment.id] = deployment
        thread = threading.Thread(target=self._run, args=(deployment,), name=deployment.id, daemon=True)
        thread.start()
        return deployment

    def all(self) -> list[Deployment]:
        """List deployments, oldest first, each followed by the one that rolled it back."""
        with self._lock:
            made = list(self._all.values())
        return [one for first in made for one in (first, first.rollback) if one is not None]

    def of_group(self, application: str, group: str) -> list[Deployment]:
        """List a deployment group's deployments, oldest first."""
        return [one for one in self.all() if _of(one, application, group)]

    def ask_to_stop(self, deployment: Deployment, *, rollback: bool | None = None) -> None:
        """Let one deployment stop at its next look (StopDeployment); `rollback` None leaves that to its group. AwsRefusal."""
        _expect_running(deployment)
        if deployment.creator == Creator.ROLLBACK:
            raise RehearsalError(
                f"{deployment.id} is a rollback", "the rehearsal stops no rollback", "let it end"
            )
        deployment.rollback_when_stopped = rollback
        deployment.stop_requested.set()

    def go_on(self, deployment: Deployment, *, termination: bool) -> None:
        """End a deployment's wait for its traffic, or for the end of blue (ContinueDeployment). AwsRefusal."""
        _expect_running(deployment)
        waits = (
            deployment.waits_for_termination.is_set()
            if termination
            else deployment.status == DeploymentStatus.READY
        )
        if not waits:
            what = "for the end of blue" if termination else "to be continued"
            raise AwsRefusal(
                "DeploymentIsNotInReadyStateException",
                f"The deployment {deployment.id} is {deployment.status} and does not wait {what}",
            )
        (deployment.terminate_now if termination else deployment.continued).set()

    def stop(self) -> None:
        """Ask every running deployment to stop, as StopDeployment would, and wait for the end of each."""
        for deployment in self.all():
            deployment.stop_requested.set()
        for deployment in self.all():
            deployment.ended.wait(60)

    def _run(self, deployment: Deployment) -> None:
        try:
            blue_green.run(self._parts, deployment, self._install_timeout)
        except Exception as crash:
            deployment.end(DeploymentStatus.FAILED, "INTERNAL_ERROR", repr(crash))
            raise
        finally:
            if not deployment.status.is_final:
                deployment.end(DeploymentStatus.FAILED)
            deployment.ended.set()


def _of(deployment: Deployment, application: str, group: str) -> bool:
    return (deployment.group.application, deployment.group.name) == (application, group)


def _expect_running(deployment: Deployment) -> None:
    if deployment.status.is_final:
        raise AwsRefusal(
            "DeploymentAlreadyCompletedException",
            f"The deployment {deployment.id} is already over: it is {deployment.status}",
        )
