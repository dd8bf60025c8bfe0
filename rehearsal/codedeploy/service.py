"""CodeDeploy: admits deployments, one at a time for each deployment group, and runs them.

Limits: codedeploy/latest/userguide/limits ("1 concurrent deployment per deployment group").
"""

import threading
from collections.abc import Mapping

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy import blue_green
from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import Deployment, DeploymentStatus
from rehearsal.codedeploy.preparation import Parts
from rehearsal.ecs.service import EcsServices
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import AwsRefusal
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

    def __init__(
        self,
        cloud: Cloud,
        services: EcsServices,
        load_balancers: LoadBalancers,
        install_timeout: float = INSTALL_TIMEOUT,
        hooks: Mapping[str, str] | None = None,
    ) -> None:
        """Begin without deployments; `install_timeout` is in declared seconds, `hooks` what functions of hooks answer."""
        self._parts = Parts(
            cloud, services, load_balancers, Alarms(cloud, load_balancers), {} if hooks is None else hooks
        )
        self._install_timeout = install_timeout
        self._lock = threading.Lock()
        self._all: dict[str, Deployment] = {}

    def create(self, group: DeploymentGroup, appspec: AppSpec) -> Deployment:
        """Start a deployment (CreateDeployment); raises DeploymentLimitExceeded while another one runs."""
        deployment = Deployment(group, appspec)
        with self._lock:
            for other in self._all.values():
                same = (other.group.application, other.group.name) == (group.application, group.name)
                if same and not other.ended.is_set():
                    raise DeploymentLimitExceeded(
                        f"The Deployment Group '{group.name}' already has an active Deployment '{other.id}'"
                    )
            self._all[deployment.id] = deployment
        thread = threading.Thread(target=self._run, args=(deployment,), name=deployment.id, daemon=True)
        thread.start()
        return deployment

    def get(self, deployment_id: str) -> Deployment:
        """Answer a deployment by its id (GetDeployment)."""
        return self._all[deployment_id]

    def all(self) -> list[Deployment]:
        """List deployments, oldest first."""
        with self._lock:
            return list(self._all.values())

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
            deployment.error_code, deployment.message = "INTERNAL_ERROR", repr(crash)
            raise
        finally:
            if not deployment.status.is_final:
                deployment.status = DeploymentStatus.FAILED
            deployment.ended.set()
