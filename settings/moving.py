"""What may stand together in a rollout: each question that CodeDeploy or ECS would answer with a refusal, asked beforehand.

Every function gives the first thing that is wrong, or nothing.
"""

from collections.abc import Collection, Iterator, Sequence

from documents import strategies
from documents.strategies import MOST_RELEASE, Strategy
from documents.traffic_shift import MOST_MINUTES, MOST_PERCENT
from settings.rollout import Increment, Mover, Rollout

_OF_ECS = ("strategy", "rolling", "bake_time_minutes", "lifecycle_hooks")
_OF_CODEDEPLOY = ("traffic_shift", "hooks")


def by_codedeploy(rollout: Rollout) -> Iterator[str]:
    """What CodeDeploy would not take."""
    for name in _OF_ECS:
        if name in rollout.model_fields_set:
            yield (
                f"rollout.{_spelled(name)} is ECS's own way, and CodeDeploy moves this service's traffic: "
                f"write rollout.by: {Mover.ECS}, or remove it"
            )
    said = {"canary": rollout.canary, "linear": rollout.linear}
    unfit = [one for name, given in said.items() if given for one in _increment_of_codedeploy(name, given)]
    yield from unfit
    if not unfit and (lasts := rollout.shift.lasts) > MOST_MINUTES:
        yield (
            f"rollout.linear: {rollout.shift.percent} percent every {rollout.shift.minutes} minutes take {lasts} minutes from the "
            f"first increment to the last, and CodeDeploy takes {MOST_MINUTES}: raise percent or lower intervalMinutes"
        )


def by_ecs(rollout: Rollout, strategy: Strategy, desired: int) -> Iterator[str]:
    """What ECS would not take, or what a release by it could not outlast."""
    for name in _OF_CODEDEPLOY:
        if name in rollout.model_fields_set:
            better = "lifecycleHooks" if name == "hooks" else "strategy, canary or linear"
            yield (
                f"rollout.{_spelled(name)} is CodeDeploy's, and ECS moves this service: give {better} in its place, or write "
                f"rollout.by: {Mover.CODEDEPLOY}"
            )
    yield from _increments(rollout, strategy)
    yield from _replacing(rollout, strategy, desired)
    if rollout.lifecycle_hooks and not strategy.beside:
        yield (
            "rollout.lifecycleHooks stand beside the strategy rolling, which has no stages to call them at (Amazon ECS Developer "
            "Guide, deployment-type-ecs names none): remove them, or take the strategy blueGreen, canary or linear"
        )
    waits = waited(rollout, strategy)
    if waits > MOST_RELEASE:
        yield (
            f"rollout: increments, bakeTimeMinutes and pauses may take {waits} minutes, and a release waits {MOST_RELEASE} for them, "
            "since its action ends after 24 hours (CodePipeline User Guide, limits): lower some of them"
        )


def with_traffic(rollout: Rollout) -> Iterator[str]:
    """What is for workers only."""
    if "order" in rollout.model_fields_set:
        yield "rollout.order is for workers, and web services are released before them, side by side: remove it"


def beside(
    mover: Mover, strategy: Strategy, target_groups: Sequence[str], *, connected: bool
) -> Iterator[str]:
    """What else may bring traffic, by who moves the service."""
    if connected and mover is Mover.CODEDEPLOY:
        yield (
            "serviceConnect stands beside CodeDeploy, and Service Connect knows no services that it moves (Amazon ECS Developer Guide, "
            f"service-connect-concepts-deploy, Considerations): write rollout.by: {Mover.ECS}, or remove it"
        )
    if target_groups and mover is Mover.CODEDEPLOY:
        yield (
            "furtherTargetGroups stand beside CodeDeploy, which moves one pair only; several take the ECS deployment controller (Amazon "
            f"ECS Developer Guide, register-multiple-targetgroups): write rollout.by: {Mover.ECS} and rollout.strategy: rolling"
        )
    elif target_groups and strategy.beside:
        yield (
            f"furtherTargetGroups stand beside the strategy {strategy}, and then each would need a second group and rules as well "
            "(Amazon ECS Developer Guide, troubleshooting-blue-green: either all or none of the load balancers have an advanced "
            "configuration): write rollout.strategy: rolling, or remove them"
        )
    for arn in target_groups:
        if target_groups.count(arn) > 1:
            yield (
                f"furtherTargetGroups name {arn} twice, which ECS refuses (Amazon ECS Developer Guide, troubleshooting-blue-green: "
                "Duplicate targetGroupArn): name it once"
            )


def without_traffic(rollout: Rollout, given: Collection[str], *, connected: bool) -> Iterator[str]:
    """What makes no sense for a worker; `given` are the settings of the service that were written.

    One that is `connected` has endpoints of Service Connect, whose traffic ECS moves as well.
    """
    if rollout.by is Mover.CODEDEPLOY:
        yield (
            "rollout.by is codedeploy, and there is no loadBalancer, which a service of CodeDeploy's must have (Amazon ECS API Reference, "
            "CreateService): add one, or remove rollout.by, and ECS moves this worker itself"
        )
    for name in ("port", "protocol", "health_check", "further_target_groups"):
        if name in given:
            yield (
                f"{_spelled(name)} stands for traffic, and without a loadBalancer this service is a worker, which takes none: "
                "remove it, or add loadBalancer"
            )
    if connected:
        return
    if rollout.strategy is not None and rollout.strategy.in_steps:
        yield (
            f"rollout.strategy {rollout.strategy} moves traffic in steps, and a worker has none to move (Amazon ECS Developer Guide, "
            "blue-green-deployment-implementation): take rolling or blueGreen, or add loadBalancer"
        )
    stages = [stage for hook in rollout.lifecycle_hooks for stage in hook.stages if stage.of_traffic]
    if stages:
        yield (
            f"rollout.lifecycleHooks name {stages[0]}, and without a loadBalancer no traffic moves (Amazon ECS Developer Guide, "
            "blue-green-deployment-implementation): take PRE_SCALE_UP or POST_SCALE_UP"
        )


def _increment_of_codedeploy(name: str, said: Increment) -> Iterator[str]:
    """CodeDeploy API Reference, TimeBasedCanary: integers; CodeDeploy User Guide, deployment-configurations-create: 1 to 99."""
    if not said.percent.is_integer() or not 1 <= said.percent <= MOST_PERCENT:
        yield (
            f"rollout.{name}.percent is {said.percent:g}: CodeDeploy moves an integer from 1 to {MOST_PERCENT} percent (CodeDeploy User "
            f"Guide, deployment-configurations-create); correct it, or write rollout.by: {Mover.ECS}, which moves tenths"
        )
    if said.interval_minutes < 1:
        yield (
            f"rollout.{name}.intervalMinutes is 0: CodeDeploy waits at least 1 minute between increments (CodeDeploy User Guide, "
            "deployment-configurations-create); correct it"
        )


def _increments(rollout: Rollout, strategy: Strategy) -> Iterator[str]:
    given = {Strategy.CANARY: rollout.canary, Strategy.LINEAR: rollout.linear}
    for kind, said in given.items():
        if said is None:
            if strategy is kind:
                yield (
                    f"rollout.strategy is {kind}, and there is no rollout.{kind} that says how much moves and for how long: add "
                    f"rollout.{kind}: {{percent: 10, intervalMinutes: 5}}"
                )
            continue
        if strategy is not kind:
            yield (
                f"rollout.{kind} is for the strategy {kind}, and this one is {strategy} (Amazon ECS API Reference, "
                f"DeploymentConfiguration): write rollout.strategy: {kind}, or remove rollout.{kind}"
            )
        least = strategies.LEAST_CANARY if kind is Strategy.CANARY else strategies.LEAST_LINEAR
        if said.percent < least or round(said.percent, 1) != said.percent:
            yield (
                f"rollout.{kind}.percent is {said.percent:g}: ECS moves {least:g} to {strategies.MOST_PERCENT:g} percent in tenths (Amazon "
                f"ECS API Reference, {kind.title()}Configuration); correct it"
            )
        if said.interval_minutes > strategies.MOST_MINUTES:
            yield (
                f"rollout.{kind}.intervalMinutes is {said.interval_minutes}: ECS waits at most {strategies.MOST_MINUTES} (Amazon ECS API "
                f"Reference, {kind.title()}Configuration); lower it"
            )


def _replacing(rollout: Rollout, strategy: Strategy, desired: int) -> Iterator[str]:
    said = rollout.rolling
    if said is None:
        return
    if strategy is not Strategy.ROLLING:
        yield f"rollout.rolling is for the strategy rolling, and this one is {strategy}: write rollout.strategy: rolling, or remove it"
    elif not strategies.can_replace(desired, said.minimum_healthy_percent, said.maximum_percent):
        yield (
            f"rollout.rolling: of {desired} tasks, minimumHealthyPercent {said.minimum_healthy_percent} lets none stop and maximumPercent "
            f"{said.maximum_percent} lets none start, so no deployment would ever end (Amazon ECS Developer Guide, "
            "deployment-type-ecs): lower the first or raise the second"
        )


def bake_minutes(rollout: Rollout, strategy: Strategy) -> int | None:
    """Minutes that old tasks stay after all traffic has moved; None leaves them to ECS."""
    return (
        strategies.BAKE
        if rollout.bake_time_minutes is None and strategy.beside
        else rollout.bake_time_minutes
    )


def waited(rollout: Rollout, strategy: Strategy) -> int:
    """Minutes that a deployment waits at most, besides for its tasks and functions; hooks of one stage run side by side."""
    said = {Strategy.CANARY: rollout.canary, Strategy.LINEAR: rollout.linear}.get(strategy)
    several = strategies.steps(strategy, said.percent) if said else 1
    between = (several - 1) * said.interval_minutes if said else 0
    pauses = [(stage, hook.pause) for hook in rollout.lifecycle_hooks for stage in hook.stages if hook.pause]
    paused = sum(
        max(pause.timeout_minutes for other, pause in pauses if other is stage)
        * (several if stage.at_every_step else 1)
        for stage in dict.fromkeys(stage for stage, _ in pauses)
    )
    return between + paused + (bake_minutes(rollout, strategy) or 0)


def _spelled(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
