"""Rollouts that CodeDeploy or ECS would refuse: how each is made from the stg stack's, and what an operator must be told about it."""

from typing import Any

from tests.unit.edits import put, web
from tests.unit.harness import Change

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:check"
CODEDEPLOY_GUIDE = "CodeDeploy User Guide, deployment-configurations-create"
HOOKS_GUIDE = "Amazon ECS Developer Guide, pause-lifecycle-hooks"


def _ecs(**rollout: Any) -> Change:
    return put("services.web.rollout", {"by": "ecs", **rollout})


def worker(**given: Any) -> Change:
    """Make the only service a worker."""

    def change(raw: dict[str, Any]) -> None:
        service = web(raw)
        for of_traffic in ("loadBalancer", "port", "protocol", "healthCheck", "rollout"):
            service.pop(of_traffic, None)
        service.update(given)

    return change


def _pause(*stages: str, **pause: Any) -> dict[str, Any]:
    return {"stages": list(stages), "pause": pause}


def _step(percent: float, minutes: int) -> dict[str, Any]:
    return {"percent": percent, "intervalMinutes": minutes}


GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/inside/0123456789abcdef"
ROLLING = {"by": "ecs", "strategy": "rolling"}
ENDPOINT = {"name": "orders", "port": 9090}


def _endpoints(*endpoints: dict[str, Any]) -> Change:
    return worker(
        serviceConnect={"namespace": "shop", "endpoints": list(endpoints), "clientCidrs": ["10.0.0.0/8"]}
    )


REFUSED: dict[str, tuple[Change, list[str]]] = {
    "an unknown mover": (
        put("services.web.rollout.by", "argo"),
        ["rollout.by is 'argo'", "codedeploy", "ecs"],
    ),
    "a strategy of nobody's": (
        _ecs(strategy="blue_green"),
        ["rollout.strategy is 'blue_green'", "blueGreen"],
    ),
    "a strategy with CodeDeploy": (
        put("services.web.rollout", {"strategy": "canary", "canary": _step(10, 5)}),
        ["rollout.strategy is ECS's own way", "write rollout.by: ecs"],
    ),
    "a bake time with CodeDeploy": (
        put("services.web.rollout", {"bakeTimeMinutes": 5}),
        ["rollout.bakeTimeMinutes is ECS's own way", "write rollout.by: ecs"],
    ),
    "lifecycle hooks with CodeDeploy": (
        put("services.web.rollout", {"lifecycleHooks": [_pause("POST_SCALE_UP")]}),
        ["rollout.lifecycleHooks is ECS's own way"],
    ),
    "a rolling rollout with CodeDeploy": (
        put("services.web.rollout", {"rolling": {}}),
        ["rollout.rolling is ECS's own way"],
    ),
    "less than a minute with CodeDeploy": (
        put("services.web.rollout", {"canary": _step(10, 0)}),
        ["rollout.canary.intervalMinutes is 0", CODEDEPLOY_GUIDE],
    ),
    "tenths with CodeDeploy": (
        put("services.web.rollout", {"linear": _step(0.4, 5)}),
        ["rollout.linear.percent is 0.4", "an integer from 1 to 99", CODEDEPLOY_GUIDE],
    ),
    "CodeDeploy's configuration with ECS": (
        _ecs(trafficShift="CodeDeployDefault.ECSAllAtOnce"),
        ["rollout.trafficShift is CodeDeploy's", "give strategy, canary or linear"],
    ),
    "CodeDeploy's hooks with ECS": (
        _ecs(hooks={"afterInstall": LAMBDA}),
        ["rollout.hooks is CodeDeploy's", "give lifecycleHooks"],
    ),
    "a canary without its size": (
        _ecs(strategy="canary"),
        [
            "rollout.strategy is canary",
            "no rollout.canary",
            "add rollout.canary: {percent: 10, intervalMinutes: 5}",
        ],
    ),
    "a linear shift without its size": (_ecs(strategy="linear"), ["no rollout.linear"]),
    "a canary where the strategy has none": (
        _ecs(canary=_step(10, 5)),
        [
            "rollout.canary is for the strategy canary, and this one is blueGreen",
            "write rollout.strategy: canary",
        ],
    ),
    "a linear shift where the strategy rolls": (
        _ecs(strategy="rolling", linear=_step(10, 5)),
        ["rollout.linear is for the strategy linear, and this one is rolling"],
    ),
    "hundredths with ECS": (
        _ecs(strategy="canary", canary=_step(0.25, 5)),
        ["rollout.canary.percent is 0.25", "0.1 to 100 percent in tenths", "CanaryConfiguration"],
    ),
    "a linear shift of less than ECS takes": (
        _ecs(strategy="linear", linear=_step(2.9, 1)),
        ["rollout.linear.percent is 2.9", "3 to 100 percent in tenths", "LinearConfiguration"],
    ),
    "a canary of more than a day": (
        _ecs(strategy="canary", canary=_step(10, 1441)),
        ["rollout.canary.intervalMinutes is 1441", "at most 1440", "CanaryConfiguration"],
    ),
    "more than everything": (_ecs(strategy="canary", canary=_step(100.1, 5)), ["percent is 100.1", "100"]),
    "no number at all": (
        _ecs(strategy="canary", canary=_step(float("nan"), 5)),
        ["rollout.canary.percent is"],
    ),
    "a truth value for a share": (
        _ecs(strategy="canary", canary={"percent": True, "intervalMinutes": 5}),
        ["rollout.canary.percent: is true, and a number belongs there"],
    ),
    "a bake time of more than a day": (
        _ecs(bakeTimeMinutes=1441),
        ["rollout.bakeTimeMinutes is 1441", "1440"],
    ),
    "a release that outlasts its action": (
        _ecs(strategy="canary", canary=_step(10, 1000), bakeTimeMinutes=500),
        ["may take 1500 minutes", "waits 1320", "CodePipeline User Guide, limits", "lower some of them"],
    ),
    "a pause at every step that outlasts the action": (
        _ecs(
            strategy="linear",
            linear=_step(10, 0),
            lifecycleHooks=[_pause("PRE_PRODUCTION_TRAFFIC_SHIFT", timeoutMinutes=140)],
        ),
        ["may take 1405 minutes"],
    ),
    "hooks of a rolling rollout": (
        _ecs(strategy="rolling", lifecycleHooks=[_pause("POST_SCALE_UP")]),
        ["rollout.lifecycleHooks stand beside the strategy rolling", "deployment-type-ecs"],
    ),
    "a pause where traffic moves": (
        _ecs(lifecycleHooks=[_pause("POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT")]),
        ["rollout.lifecycleHooks.0: pause at PRODUCTION_TRAFFIC_SHIFT", HOOKS_GUIDE],
    ),
    "a hook where none is called": (
        _ecs(lifecycleHooks=[_pause("BAKE_TIME")]),
        ["rollout.lifecycleHooks.0.stages.0 is 'BAKE_TIME'", "POST_SCALE_UP"],
    ),
    "a hook at no stage": (_ecs(lifecycleHooks=[_pause()]), ["lifecycleHooks.0.stages is []", "at least 1"]),
    "a hook at one stage twice": (
        _ecs(lifecycleHooks=[_pause("POST_SCALE_UP", "POST_SCALE_UP")]),
        ["lifecycleHooks.0.stages: POST_SCALE_UP stands there more than once"],
    ),
    "a hook that does nothing": (
        _ecs(lifecycleHooks=[{"stages": ["POST_SCALE_UP"]}]),
        ["lifecycleHooks.0: needs exactly one of function", "pause"],
    ),
    "a hook that does both": (
        _ecs(lifecycleHooks=[{**_pause("POST_SCALE_UP"), "function": LAMBDA}]),
        ["lifecycleHooks.0: needs exactly one of function"],
    ),
    "a pause that is told something": (
        _ecs(lifecycleHooks=[{**_pause("POST_SCALE_UP"), "details": {"a": 1}}]),
        ["lifecycleHooks.0: details are told to a function"],
    ),
    "a pause of more than two weeks": (
        _ecs(lifecycleHooks=[_pause("POST_SCALE_UP", timeoutMinutes=20161)]),
        ["pause.timeoutMinutes is 20161", "20160"],
    ),
    "eleven pauses": (
        _ecs(lifecycleHooks=[_pause("POST_SCALE_UP")] * 11),
        ["rollout.lifecycleHooks: has 11 hooks with a pause", "takes 10", HOOKS_GUIDE],
    ),
    "eleven functions": (
        _ecs(lifecycleHooks=[{"stages": ["POST_SCALE_UP"], "function": LAMBDA}] * 11),
        ["rollout.lifecycleHooks: has 11 hooks with a function"],
    ),
    "tasks that can neither stop nor start": (
        _ecs(strategy="rolling", rolling={"minimumHealthyPercent": 100, "maximumPercent": 100}),
        ["lets none stop and maximumPercent 100 lets none start", "deployment-type-ecs"],
    ),
    "too few tasks for a half": (
        worker(desiredCount=1, rollout={"rolling": {"minimumHealthyPercent": 51, "maximumPercent": 199}}),
        ["of 1 tasks", "lets none stop"],
    ),
    "a rolling rollout beside another strategy": (
        _ecs(rolling={}),
        ["rollout.rolling is for the strategy rolling, and this one is blueGreen"],
    ),
    "a web service with an order": (
        put("services.web.rollout", {"order": 2}),
        ["rollout.order is for workers", "side by side: remove it"],
    ),
    "a worker's order": (worker(rollout={"order": 0}), ["rollout.order is 0", "1"]),
    "a worker of CodeDeploy's": (
        worker(rollout={"by": "codedeploy"}),
        ["rollout.by is codedeploy, and there is no loadBalancer", "CreateService"],
    ),
    "a worker with a health check": (
        worker(healthCheck={"path": "/up"}),
        ["healthCheck stands for traffic", "without a loadBalancer", "or add loadBalancer"],
    ),
    "a worker with a port": (worker(port=8080), ["port stands for traffic"]),
    "a worker that moves traffic in steps": (
        worker(rollout={"strategy": "canary", "canary": _step(10, 5)}),
        ["rollout.strategy canary moves traffic in steps", "blue-green-deployment-implementation"],
    ),
    "a worker with a hook of traffic": (
        worker(rollout={"strategy": "blueGreen", "lifecycleHooks": [_pause("POST_TEST_TRAFFIC_SHIFT")]}),
        ["lifecycleHooks name POST_TEST_TRAFFIC_SHIFT", "take PRE_SCALE_UP or POST_SCALE_UP"],
    ),
    "Service Connect with CodeDeploy": (
        put("services.web.serviceConnect", {"namespace": "shop"}),
        [
            "serviceConnect stands beside CodeDeploy",
            "service-connect-concepts-deploy",
            "write rollout.by: ecs",
        ],
    ),
    "several target groups with CodeDeploy": (
        put("services.web.furtherTargetGroups", [{"arn": GROUP}]),
        ["furtherTargetGroups stand beside CodeDeploy", "register-multiple-targetgroups"],
    ),
    "several target groups with a second fleet": (
        lambda raw: web(raw).update(furtherTargetGroups=[{"arn": GROUP}], rollout={"by": "ecs"}),
        ["furtherTargetGroups stand beside the strategy blueGreen", "write rollout.strategy: rolling"],
    ),
    "one target group twice": (
        lambda raw: web(raw).update(furtherTargetGroups=[{"arn": GROUP}] * 2, rollout=ROLLING),
        ["furtherTargetGroups name", "twice", "Duplicate targetGroupArn"],
    ),
    "six target groups": (
        lambda raw: web(raw).update(
            furtherTargetGroups=[{"arn": f"{GROUP}{n}"} for n in range(5)], rollout=ROLLING
        ),
        ["furtherTargetGroups is", "at most 4"],
    ),
    "a worker with target groups": (
        worker(furtherTargetGroups=[{"arn": GROUP}]),
        ["furtherTargetGroups stands for traffic", "or add loadBalancer"],
    ),
    "endpoints that nobody reaches": (
        worker(serviceConnect={"namespace": "shop", "endpoints": [ENDPOINT]}),
        ["serviceConnect: endpoints and clientCidrs belong together", "give both or neither"],
    ),
    "ranges that reach nothing": (
        worker(serviceConnect={"namespace": "shop", "clientCidrs": ["10.0.0.0/8"]}),
        ["serviceConnect: endpoints and clientCidrs belong together"],
    ),
    "two endpoints of one name": (
        _endpoints(ENDPOINT, {**ENDPOINT, "port": 9091}),
        ["two endpoints have the name orders"],
    ),
    "two endpoints of one port": (
        _endpoints(ENDPOINT, {**ENDPOINT, "name": "b"}),
        ["two endpoints have the port 9090"],
    ),
    "two endpoints of one address": (
        _endpoints(
            {**ENDPOINT, "dnsName": "db", "clientPort": 80},
            {"name": "b", "port": 9091, "dnsName": "db", "clientPort": 80},
        ),
        ["two endpoints have the dnsName and clientPort"],
    ),
    "an endpoint in capitals": (_endpoints({**ENDPOINT, "name": "Orders"}), ["endpoints.0.name is 'Orders'"]),
    "an endpoint with a hyphen before it": (_endpoints({**ENDPOINT, "dnsName": "-db"}), ["dnsName is '-db'"]),
    "no namespace": (worker(serviceConnect={"namespace": ""}), ["serviceConnect.namespace is ''"]),
    "a namespace of another service": (
        worker(serviceConnect={"namespace": "arn:aws:ecs:us-east-1:123456789012:cluster/a"}),
        ["serviceConnect.namespace is 'arn:aws:ecs"],
    ),
    "a worker with a test port": (
        worker(loadBalancer={"testPort": 8443}),
        ["loadBalancer: needs exactly one of arn"],
    ),
}
