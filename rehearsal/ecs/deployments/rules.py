"""What ECS refuses at once of a service's deployment configuration and load balancers. Pure.

AWS documents: AmazonECS/latest/developerguide/troubleshooting-blue-green ("Synchronous path", whose words these are where it has
them), pause-lifecycle-hooks ("Constraints"), service-event-messages-list; AmazonECS/latest/APIReference, API_DeploymentConfiguration,
API_CanaryConfiguration, API_LinearConfiguration, API_DeploymentLifecycleHook.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from rehearsal.ecs.deployments.configuration import Stage, Strategy

Balancers = Sequence[Mapping[str, Any]]

_MOST_HOOKS = 10
_PAUSE = "PAUSE"
_DAY = 1440
"""Minutes that a bake time, also of a step, may last."""
_LONGEST_PAUSE = 20160
_NO_HOOK = {Stage.SCALE_UP, Stage.BAKE_TIME, Stage.CLEAN_UP}
_NO_PAUSE = {Stage.TEST_TRAFFIC_SHIFT, Stage.PRODUCTION_TRAFFIC_SHIFT}
_ANY_PERCENT = 0.1
_LEAST_STEP = 3.0


def refusal(document: Mapping[str, Any], balancers: Balancers) -> str:
    """What is wrong with a `deploymentConfiguration` beside these `loadBalancers`; empty when ECS takes both."""
    return next(chain(_of_strategy(document), _of_balancers(document, balancers), _of_hooks(document)), "")


def _of_strategy(document: Mapping[str, Any]) -> Iterator[str]:
    strategy = document.get("strategy") or Strategy.ROLLING
    bake = document.get("bakeTimeInMinutes")
    if strategy == Strategy.BLUE_GREEN and bake is None:
        yield "bakeTimeInMinutes is required when the deployment strategy is BLUE_GREEN"
    yield from _minutes("bakeTimeInMinutes", bake)
    for name, of, percent, least, minutes in (
        ("canaryConfiguration", Strategy.CANARY, "canaryPercent", _ANY_PERCENT, "canaryBakeTimeInMinutes"),
        ("linearConfiguration", Strategy.LINEAR, "stepPercent", _LEAST_STEP, "stepBakeTimeInMinutes"),
    ):
        given: Mapping[str, Any] = document.get(name) or {}
        if given and strategy != of:
            yield f"{name} can only be specified with the deployment strategy {of}, and the strategy is {strategy}"
        yield from _percent(f"{name}.{percent}", given.get(percent), least)
        yield from _minutes(f"{name}.{minutes}", given.get(minutes))
    least, most = document.get("minimumHealthyPercent"), document.get("maximumPercent")
    if least is not None and least < 0:
        yield f"minimumHealthyPercent must be at least 0, and is {least}"
    if most is not None and most <= 0:
        yield f"maximumPercent must be greater than 0, and is {most}"
    alarms: Mapping[str, Any] = document.get("alarms") or {}
    if alarms.get("enable") and not alarms.get("alarmNames"):
        yield "alarmNames must not be empty when deployment alarms are enabled"


def _of_balancers(document: Mapping[str, Any], balancers: Balancers) -> Iterator[str]:
    advanced: list[Mapping[str, Any]] = [
        one["advancedConfiguration"] for one in balancers if one.get("advancedConfiguration")
    ]
    if advanced and len(advanced) < len(balancers):
        yield "Either all or none of the provided loadBalancers must have advancedConfiguration defined"
    if len(advanced) < len(balancers) and (document.get("strategy") or Strategy.ROLLING) != Strategy.ROLLING:
        yield "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"
    for one in advanced:
        for name in ("productionListenerRule", "testListenerRule"):
            arn = str(one.get(name) or "")
            if arn and ":listener-rule/" not in arn:
                yield f"{name} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: {arn}"
    production = {str(one.get("productionListenerRule")) for one in advanced}
    both = production & {str(one["testListenerRule"]) for one in advanced if one.get("testListenerRule")}
    if both:
        yield f"The following rules cannot be used as both production and test listener rules: {', '.join(sorted(both))}"
    groups = [str(one.get("targetGroupArn")) for one in balancers]
    groups += [str(one.get("alternateTargetGroupArn")) for one in advanced]
    for group in groups:
        if groups.count(group) > 1:
            yield f"Duplicate targetGroupArn found: {group}"


def _of_hooks(document: Mapping[str, Any]) -> Iterator[str]:
    hooks: Sequence[Mapping[str, Any]] = document.get("lifecycleHooks") or ()
    for is_pause, kind in ((True, "PAUSE"), (False, "AWS_LAMBDA")):
        if sum((one.get("targetType") == _PAUSE) is is_pause for one in hooks) > _MOST_HOOKS:
            yield f"A service can have at most {_MOST_HOOKS} lifecycle hooks of type {kind}"
    for one in hooks:
        yield from _of_hook(one, {str(stage) for stage in one.get("lifecycleStages") or ()})


def _of_hook(one: Mapping[str, Any], stages: set[str]) -> Iterator[str]:
    if not stages:
        yield "lifecycleStages must not be empty in a lifecycle hook"
    unknown = sorted(stages - set(Stage) | stages & _NO_HOOK)
    if unknown:
        yield f"Lifecycle hooks are not supported at lifecycle stage {', '.join(unknown)}"
    limit: Mapping[str, Any] = one.get("timeoutConfiguration") or {}
    if one.get("targetType") == _PAUSE:
        if stages & _NO_PAUSE:
            yield f"PAUSE hooks cannot be configured at lifecycle stage {', '.join(sorted(stages & _NO_PAUSE))}"
        if one.get("hookTargetArn") or one.get("roleArn"):
            yield "hookTargetArn and roleArn are not applicable for PAUSE hooks"
        if not 1 <= int(limit.get("timeoutInMinutes") or 1) <= _LONGEST_PAUSE:
            yield f"timeoutInMinutes must be between 1 and {_LONGEST_PAUSE}, and is {limit['timeoutInMinutes']}"
    elif not one.get("hookTargetArn") or not one.get("roleArn"):
        yield "hookTargetArn and roleArn are required for AWS_LAMBDA hooks"


def _minutes(name: str, value: Any) -> Iterator[str]:
    if value is not None and not 0 <= int(value) <= _DAY:
        yield f"{name} must be between 0 and {_DAY}, and is {value}"


def _percent(name: str, value: Any, least: float) -> Iterator[str]:
    if value is None:
        return
    tenths = float(value) * 10
    if not least <= float(value) <= 100 or abs(tenths - round(tenths)) > 1e-6:  # noqa: PLR2004  (percent)
        yield f"{name} must be a multiple of 0.1 between {least} and 100.0, and is {value}"
