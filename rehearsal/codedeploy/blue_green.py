"""One CodeDeploy deployment to ECS, from BeforeInstall to the end of blue, or back.

Order of the lifecycle events and what failure leaves behind:
codedeploy/latest/userguide/deployment-steps-ecs. That the green target group stays on the production
listener with weight 0, so that it is health checked during Install: CodeDeploy's team, quoted in GitHub
traveloka/terraform-aws-alb-single-listener#47; that the *first* deployment adds it the same way is
inferred. Lambda functions of hooks are authorized, not run: the rehearsal is told what each would answer.
"""

from collections.abc import Callable

from documents.traffic_shift import ALL
from rehearsal.codedeploy.deployment import Deployment, DeploymentStatus, EventStatus, Failed, LifecycleEvent
from rehearsal.codedeploy.preparation import Parts, Prepared, prepare
from rehearsal.codedeploy.service_role import RoleRefused
from rehearsal.codedeploy.watch import Watch
from rehearsal.ecs.registration import EcsRefused
from rehearsal.ecs.task_set import TaskSet, TaskSetStatus

BLUE = "Blue"
GREEN = "Green"
"""API codedeploy.TargetLabel."""


def run(parts: Parts, deployment: Deployment, install_timeout: float) -> None:
    """Deploy to the end; the outcome is in the deployment, nothing is raised for a failed one.

    `install_timeout` is declared seconds that green may take to be steady (AWS: one hour).
    """
    deployment.begin()
    _say(parts, deployment, "deployment is in progress")
    try:
        prepared = prepare(parts, deployment.group)
    except (Failed, RoleRefused) as failure:
        _fail(parts, deployment, failure)
        return
    BlueGreen(parts, deployment, prepared, install_timeout).run()


class BlueGreen:
    """One deployment from the moment that everything it needs was found."""

    def __init__(
        self, parts: Parts, deployment: Deployment, prepared: Prepared, install_timeout: float
    ) -> None:
        """Work on what was found."""
        self._parts = parts
        self._deployment = deployment
        self._group = deployment.group
        self._found = prepared
        self._install_timeout = install_timeout
        self._watch = Watch(parts, deployment, prepared)
        self._green: TaskSet | None = None
        deployment.task_sets.append((BLUE, prepared.blue))
        deployment.weights = prepared.before

    def run(self) -> None:
        """Deploy, and roll back as the group declares it when that fails."""
        try:
            self._deploy()
        except (Failed, RoleRefused) as failure:
            _fail(self._parts, self._deployment, failure, self._last_words())
            self._roll_back()
        else:
            self._deployment.end(DeploymentStatus.SUCCEEDED)
            self._say("deployment succeeded")

    def _deploy(self) -> None:
        self._watch.look()
        self._event("BeforeInstall")
        self._event("Install", self._install)
        self._event("AfterInstall")
        self._event("AllowTestTraffic", self._allow_test_traffic)
        self._event("AfterAllowTestTraffic")
        self._wait_until_ready()
        self._event("BeforeAllowTraffic")
        self._event("AllowTraffic", self._allow_traffic)
        self._event("AfterAllowTraffic")
        self._end_blue()

    def _event(self, name: str, work: Callable[[], None] | None = None) -> None:
        """Run one lifecycle event: its work, or the hook of that name; with neither it succeeds at once."""
        function = self._deployment.appspec.hooks.get(name)
        event = LifecycleEvent(name)
        self._deployment.events.append(event)
        try:
            if work is not None:
                work()
            elif function is not None:
                self._hook(name, function)
        except Exception:
            event.end(EventStatus.FAILED)
            raise
        event.end(EventStatus.SUCCEEDED)
        if work is not None or function is not None:
            self._say(f"{name} succeeded")

    def _hook(self, name: str, function: str) -> None:
        """Call a hook's function: a result of Failed fails the deployment (reference-appspec-file-structure-hooks)."""
        self._found.role.invoke(function)
        result = self._parts.hooks.get(name, "Succeeded")
        self._say(f"{name}: Lambda function {function} may be invoked; the rehearsal answers {result} for it")
        if result != "Succeeded":
            raise Failed(
                "HOOK_EXECUTION_FAILURE", f"the function {function} of hook {name} answered {result}"
            )

    def _install(self) -> None:
        services, spec = self._parts.services, self._deployment.appspec
        definition = services.describe_task_definition(spec.task_definition)
        if self._found.green_group not in self._found.before:
            self._forward(self._found.route, {**self._found.before, self._found.green_group: 0})
        self._found.role.create_task_set(definition)
        container = (spec.container_name, spec.container_port)
        groups = None if spec.network is None else spec.network["SecurityGroups"]
        try:
            green = services.create_task_set(
                self._found.service,
                spec.task_definition,
                self._found.green_group,
                container=container,
                security_groups=groups,
            )
        except EcsRefused as refused:
            raise Failed(
                "ECS_UPDATE_ERROR",
                f"The ECS service cannot be updated due to an unexpected error: {refused} ({refused.code})",
            ) from refused
        self._green = green
        self._deployment.task_sets.append((GREEN, green))
        self._watch.wait(self._install_timeout, lambda: green.steady() or green.given_up)
        if not green.steady():
            raise Failed(
                "TIMEOUT",
                "The deployment timed out while waiting for the replacement task set to become healthy. "
                f"This time out period is {self._install_timeout / 60:g} minutes: "
                f"{green.why_not_steady()}",
            )

    def _allow_test_traffic(self) -> None:
        if self._found.test_route:
            self._forward(self._found.test_route, {self._found.green_group: ALL})

    def _wait_until_ready(self) -> None:
        deployment = self._deployment
        if not self._group.stop_when_ready:
            return
        deployment.status = DeploymentStatus.READY
        self._say("green is ready, and gets its traffic when somebody continues the deployment")
        self._watch.wait_declared(self._group.ready_wait, deployment.continued.is_set)
        if not deployment.continued.is_set():
            raise Failed("MANUAL_STOP", "nobody continued the deployment before its waiting time was over")
        deployment.status = DeploymentStatus.IN_PROGRESS

    def _allow_traffic(self) -> None:
        for percent, minutes in self._group.shift.steps():
            self._forward(
                self._found.route,
                {self._found.green_group: percent, self._found.blue_group: ALL - percent},
            )
            self._say(f"{percent} percent of production traffic goes to green")
            self._watch.wait_declared(60.0 * minutes)
        self._found.role.update_primary()
        self._parts.services.update_primary(self._found.service, self._require_green())

    def _end_blue(self) -> None:
        if self._group.keep_blue:
            return
        deployment = self._deployment
        deployment.waits_for_termination.set()
        self._watch.wait_declared(self._group.termination_wait, deployment.terminate_now.is_set)
        self._found.role.delete_task_set(self._found.blue.arn)
        self._parts.services.delete_task_set(self._found.service, self._found.blue)

    def _last_words(self) -> str:
        """What green's tasks ended of, or what their health checks see, and what they wrote last."""
        green = self._green
        return "" if green is None or green.steady() else f"\n  {green.why_not_steady()}"

    def _roll_back(self) -> None:
        """Bring blue back as the group declares it, as a deployment with an id of its own."""
        deployment = self._deployment
        cause = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "MANUAL_STOP": "DEPLOYMENT_STOP_ON_REQUEST"}
        event = cause.get(str(deployment.error_code), "DEPLOYMENT_FAILURE")
        wanted = event in self._group.rollback_events
        if deployment.error_code == "MANUAL_STOP" and deployment.rollback_when_stopped is not None:
            wanted = deployment.rollback_when_stopped
        if not wanted:
            self._say(f"no automatic rollback on {event}: everything remains as it is")
            deployment.message += f" (no automatic rollback on {event}: everything remains as it is)"
            return
        rollback = deployment.rolled_back()
        try:
            self._restore()
        except RoleRefused as refused:
            rollback.end(DeploymentStatus.FAILED, "IAM_ROLE_PERMISSIONS", str(refused))
            deployment.message += f"\n  rollback {rollback.id} failed: {refused}"
            self._say(f"rollback {rollback.id} failed: {refused}")
        else:
            rollback.end(DeploymentStatus.SUCCEEDED)
            self._say(f"rolled back by {rollback.id}: production traffic is on blue")
        finally:
            rollback.ended.set()

    def _restore(self) -> None:
        found, weights = self._found, self._parts.load_balancers.weights
        if weights(found.route).get(found.green_group, 0) > 0:
            self._forward(found.route, {found.blue_group: ALL, found.green_group: 0})
        if found.test_route and weights(found.test_route) != found.test_before:
            self._forward(found.test_route, dict(found.test_before))
        green = self._green
        if green is None:
            return
        if green.status == TaskSetStatus.PRIMARY:
            self._found.role.update_primary()
            self._parts.services.update_primary(self._found.service, self._found.blue)
        self._found.role.delete_task_set(green.arn)
        self._parts.services.delete_task_set(self._found.service, green)

    def _forward(self, route: str, weights: dict[str, int]) -> None:
        self._found.role.modify(route)
        self._parts.load_balancers.forward(route, weights)
        if route == self._found.route:
            self._deployment.weights = weights

    def _require_green(self) -> TaskSet:
        assert self._green is not None  # noqa: S101  (Install made it or failed)
        return self._green

    def _say(self, message: str) -> None:
        _say(self._parts, self._deployment, message)


def _fail(parts: Parts, deployment: Deployment, failure: Failed | RoleRefused, last_words: str = "") -> None:
    code = failure.code if isinstance(failure, Failed) else "IAM_ROLE_PERMISSIONS"
    # monitoring-create-alarms: "the deployment stops, and the status is updated to Stopped"
    stopped = code in ("MANUAL_STOP", "ALARM_ACTIVE")
    words = "" if code == "TIMEOUT" else last_words  # which says them itself
    status = DeploymentStatus.STOPPED if stopped else DeploymentStatus.FAILED
    deployment.end(status, code, f"{failure}{words}")
    _say(parts, deployment, f"deployment {deployment.status.lower()}: {code}: {failure}")


def _say(parts: Parts, deployment: Deployment, message: str) -> None:
    parts.cloud.journal.record("CodeDeploy", message, deployment=deployment.id)
