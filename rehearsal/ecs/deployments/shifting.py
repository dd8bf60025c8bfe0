"""A blue/green, canary or linear deployment: green scales up beside blue, traffic moves by the rules' weights, or back.

AWS documents: AmazonECS/latest/developerguide, blue-green-deployment-how-it-works, canary-deployment, linear-deployment (stages and
steps), deployment-lifecycle-hooks ("Lifecycle hooks during rollback"), blue-green-deployment-implementation (headless services),
troubleshooting-blue-green. What RECONCILE_SERVICE does is inferred from its name: one revision is left, and has the traffic.
"""

from documents.traffic_shift import ALL
from rehearsal.ecs.deployments import routes
from rehearsal.ecs.deployments.configuration import Stage
from rehearsal.ecs.deployments.deployment import ServiceRevision
from rehearsal.ecs.deployments.hooks import Hooks, Traffic
from rehearsal.ecs.deployments.infrastructure_role import InfrastructureRole, RoleRefused
from rehearsal.ecs.deployments.play import Play, RollbackFailed
from rehearsal.ecs.deployments.routes import Route, RoutesInvalid
from rehearsal.ecs.deployments.watch import Failing
from rehearsal.ecs.registration import Entry

LONGEST_STAGE = 24 * 3600.0
"""Declared seconds of a stage."""


class Shifting(Play):
    """One deployment that moves traffic."""

    _production = 0.0
    """Percent of production traffic on the target."""
    _test = 0.0

    def deploy(self) -> None:
        """Go through every stage; Failing or Superseded."""
        self._hooks = Hooks(self)
        self.watch.begin()
        self.watch.also = self._keep_sizes
        self.service.lead(self.target.tasks)
        self._reconcile()
        self._find_routes()
        self._stage(Stage.PRE_SCALE_UP)
        self._scale_up()
        self._stage(Stage.POST_SCALE_UP)
        self._shift_test(float(ALL))
        self._stage(Stage.POST_TEST_TRAFFIC_SHIFT)
        at_once = not self._routes or not self.deployment.sources
        for percent, wait in [(float(ALL), 0.0)] if at_once else self.configuration.steps:
            self._stage(Stage.PRE_PRODUCTION_TRAFFIC_SHIFT)
            self._shift_production(float(percent))
            self.watch.wait(wait)
        self._stage(Stage.POST_PRODUCTION_TRAFFIC_SHIFT)
        self._enter(Stage.BAKE_TIME)
        if self.deployment.sources:
            self.watch.wait(self.configuration.bake or 0.0)
        self.watch.end()
        self._enter(Stage.CLEAN_UP)
        self.forget(self.others(self.target))

    def roll_back(self, to: ServiceRevision) -> None:
        """Move traffic back, with the functions of the shifts called again, and let green end; RollbackFailed or Superseded."""
        self.watch.roll_back()
        self.service.lead(to.tasks)
        try:
            if self._production:
                self._enter(Stage.PRODUCTION_TRAFFIC_SHIFT)
                self._forward_production(0.0)
                self._hooks.again(
                    Stage.PRODUCTION_TRAFFIC_SHIFT, self._traffic("productionTrafficWeights", 0.0)
                )
            if self._test:
                self._enter(Stage.TEST_TRAFFIC_SHIFT)
                self._forward_test(0.0)
                self._hooks.again(Stage.TEST_TRAFFIC_SHIFT, self._traffic("testTrafficWeights", 0.0))
        except RoleRefused as refused:
            raise RollbackFailed(str(refused)) from refused
        self._enter(Stage.CLEAN_UP)
        self.forget(self.others(to))

    def _reconcile(self) -> None:
        """Leave one revision beside the target, where an earlier deployment was stopped on its way."""
        sources = self.deployment.sources
        if len(sources) <= 1:
            return
        self._stage(Stage.RECONCILE_SERVICE)
        kept = self.deployment.back_to or sources[-1]
        groups = {entry.target_group for entry in kept.tasks.blueprint.entries}
        for route in routes.routes_of(self.service.balancers):
            for group in route.groups:
                if group in groups:
                    self._act(
                        Stage.RECONCILE_SERVICE, route, route.production, {group: ALL, route.other(group): 0}
                    )
        kept.tasks.thaw()
        kept.tasks.want(self.service.desired_count)
        self.forget([one for one in self.others(self.target) if one is not kept.tasks])

    def _find_routes(self) -> None:
        """Find out who is live, and put the target behind the other group; Failing when the rules are not what they must be."""
        self._routes = routes.routes_of(self.service.balancers)
        invalid = "Service deployment rolled back because of invalid networking configuration"
        try:
            for route in self._routes:
                self._role(route).describe()
            free = [route.other(routes.live(self.parts.load_balancers, route)) for route in self._routes]
        except RoutesInvalid as wrong:
            raise self._failing(f"{invalid}{wrong}") from wrong
        except RoleRefused as refused:
            raise self._failing(f"{invalid}. {refused}") from refused
        entries = [Entry(group, *route.entry[1:]) for group, route in zip(free, self._routes, strict=True)]
        if self._routes and self.deployment.sources:
            self.target.tasks.stand(entries)
        self.target.live_rules = {
            group: route.production for group, route in zip(free, self._routes, strict=True)
        }

    def _scale_up(self) -> None:
        self._enter(Stage.SCALE_UP)
        tasks = self.target.tasks
        tasks.want(self.service.desired_count)
        self.watch.until(
            LONGEST_STAGE,
            lambda: (
                bool(tasks.refused)
                or tasks.given_up
                or (tasks.steady() and tasks.count == self.service.desired_count)
            ),
        )
        if tasks.refused or not tasks.steady():
            why = f" {tasks.refused}" if tasks.refused else ""
            raise self._failing(
                f"Service deployment rolled back because stage {Stage.SCALE_UP} did not complete within 24 hours.{why}"
            )

    def _shift_test(self, percent: float) -> None:
        if any(route.test for route in self._routes):
            self._enter(Stage.TEST_TRAFFIC_SHIFT)
            self._forward_test(percent)
        self._stage(Stage.TEST_TRAFFIC_SHIFT, self._traffic("testTrafficWeights", self._test))

    def _shift_production(self, percent: float) -> None:
        self._enter(Stage.PRODUCTION_TRAFFIC_SHIFT)
        self._forward_production(percent)
        if self._routes:
            self.events.say(f"{percent:g} percent of production traffic goes to {self.target.deployment_id}")
        self._stage(Stage.PRODUCTION_TRAFFIC_SHIFT, self._traffic("productionTrafficWeights", percent))

    def _forward_production(self, percent: float) -> None:
        for route in self._routes:
            self._act(self._now, route, route.production, self._weights(route, percent))
        self._production = self.deployment.production = percent

    def _forward_test(self, percent: float) -> None:
        for route in self._routes:
            if route.test:
                self._act(self._now, route, route.test, self._weights(route, percent))
        self._test = self.deployment.test = percent

    def _act(self, stage: Stage, route: Route, rule: str, weights: dict[str, int]) -> None:
        """Change a rule as the infrastructure role: Failing on the way there, RoleRefused on the way back."""
        try:
            self._role(route).forward(rule)
        except RoleRefused as refused:
            if self.deployment.rollback:
                raise
            raise self._failing(
                f"Service deployment rolled back because {stage} lifecycle hook(s) failed. {refused}"
            ) from refused
        self.parts.load_balancers.forward(rule, weights)

    def _role(self, route: Route) -> InfrastructureRole:
        return InfrastructureRole(self.parts.cloud, self.service, route.role)

    def _weights(self, route: Route, percent: float) -> dict[str, int]:
        green = next(
            entry.target_group
            for entry in self.target.tasks.blueprint.entries
            if entry.target_group in route.groups
        )
        return routes.weights(green, route.other(green), percent)

    def _traffic(self, name: str, percent: float) -> Traffic:
        """What a function is told of the weights, where traffic moves at all."""
        sources = [one for one in self.deployment.sources if one.tasks in self.service.task_sets]
        if not self._routes or (
            name == "testTrafficWeights" and not any(route.test for route in self._routes)
        ):
            return {}
        return {name: {self.target.arn: percent, **{one.arn: ALL - percent for one in sources[-1:]}}}

    def _stage(self, stage: Stage, traffic: Traffic | None = None) -> None:
        """A stage that hooks may be at; none is called for a service's first revision."""
        self._enter(stage)
        self.watch.look()
        if self.deployment.sources:
            self._hooks.run(stage, traffic)

    def _enter(self, stage: Stage) -> None:
        self._now = self.deployment.stage = stage

    def _keep_sizes(self) -> None:
        """Heed a changed number of tasks, of both revisions."""
        desired = self.service.desired_count
        for task_set in list(self.service.task_sets):
            if task_set.count not in {0, desired}:
                task_set.want(desired)

    def _failing(self, reason: str) -> Failing:
        return Failing(reason, rollout=f"ECS deployment failed: {reason}", rolls_back=True)
