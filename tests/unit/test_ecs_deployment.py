"""Services that ECS itself moves: what is declared for a web service, a worker, and stacks of both, by the real program."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from documents.descriptor import from_json
from settings import SettingsError
from settings.elsewhere import refuse_elsewhere
from tests.unit.edits import put
from tests.unit.harness import PLACE, Change, Config, Graph, deployed_stack, remembered, settings
from tests.unit.inputs import unknown_keys

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:check"
CANARY = {"percent": 2.5, "intervalMinutes": 3}
OF_TRAFFIC = ("loadBalancer", "port", "protocol", "healthCheck", "rollout")


@remembered
def _web(
    more: Mapping[str, Any] | None = None, alarms: Mapping[str, Any] | None = None, **rollout: Any
) -> Graph:
    """The stg stack, whose web service ECS moves."""

    def change(config: Config) -> None:
        web = config["delivery:services"]["web"]
        web["rollout"] = {"by": "ecs", **rollout}
        web["loadBalancer"].update(more or {})
        if alarms is not None:
            config["delivery:release"]["alarms"] = alarms

    return deployed_stack("stg", change)


@remembered
def _beside(*, web: bool = True, check: bool = True, **workers: Mapping[str, Any]) -> Graph:
    """The stg stack with workers beside its web service of CodeDeploy's, or without that."""

    def change(config: Config) -> None:
        services = config["delivery:services"]
        for name, given in workers.items():
            services[name] = {key: value for key, value in services["web"].items() if key not in OF_TRAFFIC}
            services[name] = copy.deepcopy(services[name]) | dict(given)
        if not web:
            del services["web"]
        config["delivery:release"]["check"] = check

    return deployed_stack("stg", change)


def _actions(graph: Graph) -> dict[str, Any]:
    return {one["name"]: one for one in graph.one("Pipeline").inputs["stages"][-1]["actions"]}


def _statements(graph: Graph, policy: str) -> dict[str, Any]:
    document = json.loads(graph.one("RolePolicy", policy).inputs["policy"])
    return {action: one for one in document["Statement"] for action in one["Action"]}


def test_ecs_moves_traffic_by_the_weights_of_a_rule_that_has_both_groups_from_the_start() -> None:
    """Amazon ECS Developer Guide, migrate-codedeploy-to-ecs-bluegreen: weights of 1 and 0."""
    graph = _web()
    groups = [graph.outputs(graph.one("TargetGroup", f"web-{n}"))["arn"] for n in (1, 2)]
    rule = graph.one("ListenerRule")
    assert rule.inputs["listenerArn"] == graph.outputs(graph.one("Listener"))["arn"]
    assert rule.inputs["conditions"] == [{"pathPattern": {"values": ["/*"]}}], "every request"
    assert rule.inputs["actions"] == [
        {
            "type": "forward",
            "forward": {"targetGroups": [{"arn": groups[0], "weight": 1}, {"arn": groups[1], "weight": 0}]},
        }
    ]
    service = graph.one("Service", "web-service").inputs
    [balancer] = service["loadBalancers"]
    assert (balancer["targetGroupArn"], balancer["containerName"], balancer["containerPort"]) == (
        groups[0],
        "app",
        8080,
    )
    assert balancer["advancedConfiguration"] == {
        "alternateTargetGroupArn": groups[1],
        "productionListenerRule": graph.outputs(rule)["arn"],
        "roleArn": graph.outputs(graph.one("Role", "web-deployment-role"))["arn"],
    }
    assert service["deploymentController"] == {"type": "ECS"}
    assert service["deploymentConfiguration"] == {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"}


def test_test_traffic_has_a_rule_of_its_own() -> None:
    """Production and test rule must differ (Amazon ECS Developer Guide, troubleshooting-blue-green)."""
    graph = _web(more={"testPort": 8443})
    [balancer] = graph.one("Service", "web-service").inputs["loadBalancers"]
    test = graph.one("ListenerRule", "web-test-rule")
    assert balancer["advancedConfiguration"]["testListenerRule"] == graph.outputs(test)["arn"]
    assert test.inputs["listenerArn"] == graph.outputs(graph.one("Listener", "web-test-listener"))["arn"]


@pytest.mark.parametrize(
    ("rollout", "sent"),
    [
        (
            {"strategy": "canary", "canary": CANARY, "bakeTimeMinutes": 0},
            {
                "strategy": "CANARY",
                "bakeTimeInMinutes": "0",
                "canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": "3"},
            },
        ),
        (
            {"strategy": "linear", "linear": {"percent": 3, "intervalMinutes": 0}},
            {
                "strategy": "LINEAR",
                "bakeTimeInMinutes": "5",
                "linearConfiguration": {"stepPercent": 3, "stepBakeTimeInMinutes": "0"},
            },
        ),
        ({"strategy": "rolling"}, {"strategy": "ROLLING"}),
        ({"strategy": "rolling", "bakeTimeMinutes": 7}, {"strategy": "ROLLING", "bakeTimeInMinutes": "7"}),
    ],
)
def test_each_strategy_is_sent_as_ecs_spells_it(rollout: dict[str, Any], sent: dict[str, Any]) -> None:
    assert _web(**rollout).one("Service", "web-service").inputs["deploymentConfiguration"] == sent


def test_hooks_are_functions_with_the_role_that_may_call_them_and_pauses_without_any() -> None:
    """Amazon ECS Developer Guide, blue-green-permissions and pause-lifecycle-hooks."""
    hooks = [
        {"stages": ["POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT"], "function": LAMBDA, "details": {"a": [1]}},
        {"stages": ["POST_TEST_TRAFFIC_SHIFT"], "pause": {"timeoutMinutes": 10, "onTimeout": "CONTINUE"}},
        {"stages": ["PRE_SCALE_UP"], "pause": {}},
    ]
    graph = _web(lifecycleHooks=hooks)
    sent = graph.one("Service", "web-service").inputs["deploymentConfiguration"]["lifecycleHooks"]
    role = graph.outputs(graph.one("Role", "web-deployment-role"))["arn"]
    assert sent[0] == {
        "targetType": "AWS_LAMBDA",
        "hookTargetArn": LAMBDA,
        "roleArn": role,
        "lifecycleStages": ["POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT"],
        "hookDetails": '{"a": [1]}',
    }
    assert sent[1] == {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": "10", "action": "CONTINUE"},
    }
    assert sent[2]["timeoutConfiguration"] == {"timeoutInMinutes": "60", "action": "ROLLBACK"}
    assert _statements(graph, "web-deployment-policy")["lambda:InvokeFunction"]["Resource"] == [LAMBDA]


def test_the_role_reaches_the_service_s_own_groups_rules_and_listeners_only() -> None:
    """The actions of AmazonECSInfrastructureRolePolicyForLoadBalancers, narrowed.

    ModifyListener too: a shift without it is shown to fail (Amazon ECS Developer Guide, troubleshooting-blue-green).
    """
    graph = _web(more={"testPort": 8443})
    trusted = json.loads(graph.one("Role", "web-deployment-role").inputs["assumeRolePolicy"])
    assert trusted["Statement"][0]["Principal"] == {"Service": "ecs.amazonaws.com"}
    granted = _statements(graph, "web-deployment-policy")
    kinds = ("TargetGroup", "ListenerRule", "Listener")
    arns = {one.name: graph.outputs(one)["arn"] for kind in kinds for one in graph.all(kind)}
    groups, rules = [arns["web-1"], arns["web-2"]], [arns["web-rule"], arns["web-test-rule"]]
    elb = "elasticloadbalancing"
    assert {action.removeprefix(f"{elb}:"): one["Resource"] for action, one in granted.items()} == {
        "DescribeListeners": "*",
        "DescribeRules": "*",
        "DescribeTargetGroups": "*",
        "DescribeTargetHealth": "*",
        "RegisterTargets": groups,
        "DeregisterTargets": groups,
        "ModifyListener": [arns["web-listener"], arns["web-test-listener"]],
        "ModifyRule": rules,
    }
    assert (
        graph.one("RolePolicy", "web-deployment-policy").urn in graph.one("Service", "web-service").depends_on
    ), "ECS asks for it as soon as the first task starts"


def test_what_a_release_moves_is_left_alone_and_nothing_else() -> None:
    graph = _web(more={"testPort": 8443})
    assert graph.one("Service", "web-service").ignored == {"taskDefinition"}, (
        "the target groups stay as they are in the service's record, and Pulumi keeps them"
    )
    assert {one.name: one.ignored for one in graph.all("ListenerRule")} == {
        "web-rule": {"actions"},
        "web-test-rule": {"actions"},
    }, "set back, live traffic would go to a group that may be empty"
    assert all(one.ignored == {"defaultActions"} for one in graph.all("Listener")), (
        "under CodeDeploy until yesterday, it may still send live traffic to the second group"
    )
    rolling = _web(strategy="rolling")
    assert not rolling.one("Listener").ignored, (
        "nobody but Pulumi changes where a rolling service's traffic goes"
    )
    assert not rolling.all("ListenerRule")


def test_nothing_of_codedeploy_is_left_where_ecs_moves_the_only_service() -> None:
    graph = _web()
    types = {one.type for one in graph.sent.values()}
    assert not [one for one in types if "codedeploy" in one]
    said = json.dumps([one.inputs.get("policy") or "" for one in graph.all("RolePolicy")])
    assert "codedeploy" not in said, "nor a right to it"
    assert "appspec" not in json.dumps([one.name for one in graph.all("BucketObjectv2")])


def test_a_rolling_service_is_rolled_back_when_its_tasks_do_not_stay() -> None:
    sent = (
        _web(strategy="rolling", rolling={"minimumHealthyPercent": 50}).one("Service", "web-service").inputs
    )
    assert sent["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (sent["deploymentMinimumHealthyPercent"], sent["deploymentMaximumPercent"]) == (50, 200)
    assert "advancedConfiguration" not in sent["loadBalancers"][0]
    assert "deploymentCircuitBreaker" not in _web().one("Service", "web-service").inputs, (
        "for rolling deployments only (Amazon ECS API Reference, DeploymentConfiguration)"
    )


@pytest.mark.parametrize("strategy", ["blueGreen", "rolling"])
def test_alarms_move_a_service_back_unless_they_are_switched_off(strategy: str) -> None:
    graph = _web(strategy=strategy)
    names = [one.inputs["name"] for one in graph.all("MetricAlarm") if one.name.startswith("web-deployment")]
    heeded = graph.one("Service", "web-service").inputs["alarms"]
    assert sorted(heeded["alarmNames"]) == sorted(names)
    assert (heeded["enable"], heeded["rollback"]) == (True, True)
    off = _web(strategy=strategy, alarms={"enabled": False}).one("Service", "web-service").inputs["alarms"]
    assert (off["enable"], off["rollback"]) == (False, False)


def test_changing_over_takes_no_alarm_and_no_role_of_the_other_way_s_name() -> None:
    """Pulumi makes the new before it deletes the old: CloudWatch would lose an alarm of one name, and IAM refuses a role."""
    ours, theirs = _web(), deployed_stack("stg")
    for kind in ("MetricAlarm", "Role"):
        new = {one.inputs["name"]: one.urn for one in ours.all(kind)}
        old = {one.inputs["name"]: one.urn for one in theirs.all(kind)}
        assert all(new[name] == old[name] for name in set(new) & set(old)), kind


def test_the_release_deploys_by_the_release_function_with_the_time_it_may_take() -> None:
    graph = _web(strategy="linear", linear={"percent": 25, "intervalMinutes": 10}, bakeTimeMinutes=7)
    action = _actions(graph)["Deploy-web"]
    assert (action["provider"], action["runOrder"]) == ("Lambda", 3)
    told = json.loads(action["configuration"]["UserParameters"])
    assert (told["step"], told["service"]) == ("rollout", "web")
    assert told["templates"] == "#{Migration.DELIVERY_TEMPLATE_VERSION}", (
        "what this execution's build has handed on"
    )
    assert int(told["minutes"]) == 60 + 3 * 10 + 7, "four increments have three intervals; tasks get an hour"
    granted = _statements(graph, "release-policy")
    assert granted["ecs:UpdateService"]["Resource"] == [
        "arn:aws:ecs:us-east-1:123456789012:service/apps-stg/shop-stg-web",
        "arn:aws:ecs:us-east-1:123456789012:service-deployment/apps-stg/shop-stg-web/*",
        "arn:aws:ecs:us-east-1:123456789012:service-revision/apps-stg/shop-stg-web/*",
    ]


def test_the_function_is_there_for_ecs_even_where_nobody_wants_the_check() -> None:
    graph = _beside(check=False, mail={})
    assert graph.all("Function")
    assert "Check" not in _actions(graph)
    assert _actions(graph)["Deploy-mail"]["provider"] == "Lambda"


def test_workers_are_released_after_every_web_service_in_their_order() -> None:
    graph = _beside(mail={}, ledger={"rollout": {"order": 3}}, audit={"rollout": {"order": 3}})
    orders = {name: one["runOrder"] for name, one in _actions(graph).items()}
    assert orders == {
        "Check": 1,
        "Migrate": 2,
        "Deploy-web": 3,
        "Deploy-mail": 4,
        "Deploy-ledger": 6,
        "Deploy-audit": 6,
    }


def test_a_worker_has_no_load_balancer_no_port_and_no_way_in() -> None:
    graph = _beside(
        mail={"desiredCount": 1, "rollout": {"rolling": {"minimumHealthyPercent": 0, "maximumPercent": 100}}}
    )
    sent = graph.one("Service", "mail-service").inputs
    assert "loadBalancers" not in sent
    assert "healthCheckGracePeriodSeconds" not in sent, "there is no health check to be patient with"
    assert sent["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (sent["deploymentMinimumHealthyPercent"], sent["deploymentMaximumPercent"]) == (0, 100)
    assert graph.one("SecurityGroup", "mail-group").inputs["ingress"] == []
    assert not [one for one in graph.all("TargetGroup") if one.name.startswith("mail")]
    template = json.loads(graph.one("BucketObjectv2", "templates-taskdef-mail.json").inputs["content"])
    assert template["containerDefinitions"][0]["portMappings"] == []


def test_a_worker_does_nothing_until_its_first_release() -> None:
    graph = _beside(mail={})
    [container] = json.loads(
        graph.one("TaskDefinition", "mail-first-revision").inputs["containerDefinitions"]
    )
    assert container["command"] == ["ruby", "-e", "sleep"]
    assert container["portMappings"] == []


def test_a_stack_may_have_services_of_codedeploy_of_ecs_and_workers_side_by_side() -> None:
    def change(config: Config) -> None:
        services = config["delivery:services"]
        services["api"] = copy.deepcopy(services["web"]) | {"rollout": {"by": "ecs"}}
        services["mail"] = {k: v for k, v in copy.deepcopy(services["web"]).items() if k not in OF_TRAFFIC}

    graph = deployed_stack("stg", change)
    said = from_json(graph.one("Parameter").inputs["value"]).services
    assert {name: one.deployment is None for name, one in said.items()} == {
        "web": False,
        "api": True,
        "mail": True,
    }
    assert (said["mail"].listener_arn, said["mail"].url, said["mail"].port) == (None, None, None)
    assert said["api"].listener_arn == graph.outputs(graph.one("Listener", "api-listener"))["arn"]
    granted = _statements(graph, "release-policy")
    [group] = granted["codedeploy:GetDeployment"]["Resource"]
    assert group.endswith("deploymentgroup:shop-stg-web/shop-stg-web"), "of web alone"
    passed = {one for one in granted["iam:PassRole"]["Resource"] if "mail" in one or "api" in one}
    assert len(passed) == 4, "the task's two roles of each service that the function registers"
    pipeline = _statements(graph, "delivery-policy")["iam:PassRole"]["Resource"]
    assert not [one for one in pipeline if "mail" in one], "the pipeline itself deploys none of them"


def test_a_stack_of_workers_only_works() -> None:
    graph = _beside(web=False, mail={}, ledger={})
    assert not graph.all("TargetGroup")
    assert not graph.all("MetricAlarm") or all(
        "undelivered" in one.inputs["name"] for one in graph.all("MetricAlarm")
    )
    assert set(_actions(graph)) == {"Check", "Migrate", "Deploy-mail", "Deploy-ledger"}
    files = {one.name for one in graph.all("BucketObjectv2")}
    assert files == {"templates-taskdef-mail.json", "templates-taskdef-ledger.json"}


def test_a_worker_may_be_replaced_at_once_by_a_headless_blue_green() -> None:
    """Amazon ECS Developer Guide, blue-green-deployment-implementation ("headless service")."""
    sent = _beside(mail={"rollout": {"strategy": "blueGreen"}}).one("Service", "mail-service").inputs
    assert sent["deploymentConfiguration"] == {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"}
    assert "deploymentCircuitBreaker" not in sent


CONNECT = {
    "namespace": "shop",
    "clientCidrs": ["10.0.0.0/16"],
    "endpoints": [
        {"name": "orders", "port": 9090, "clientPort": 80, "dnsName": "orders", "appProtocol": "grpc"},
        {"name": "web", "port": 8080},
    ],
}


@remembered
def _changed(**web: Any) -> Graph:
    def change(config: Config) -> None:
        config["delivery:services"]["web"].update(copy.deepcopy(web))

    return deployed_stack("stg", change)


def test_service_connect_names_the_ports_of_task_and_service_alike() -> None:
    """ECS refuses a service whose port name no port mapping has (Amazon ECS API Reference, ServiceConnectService)."""
    graph = _changed(rollout={"by": "ecs"}, serviceConnect=CONNECT)
    sent = graph.one("Service", "web-service").inputs["serviceConnectConfiguration"]
    assert (sent["enabled"], sent["namespace"]) == (True, "shop")
    assert [(one["portName"], one["discoveryName"]) for one in sent["services"]] == [
        ("orders",) * 2,
        ("web",) * 2,
    ]
    assert sent["services"][0]["clientAlias"] == [{"port": 80, "dnsName": "orders"}]
    assert sent["services"][1]["clientAlias"] == [{"port": 8080}], "ECS makes the name itself"
    assert sent["logConfiguration"]["options"]["awslogs-group"] == "/delivery/shop/stg/web"
    named = [
        {"containerPort": 8080, "protocol": "tcp", "name": "web"},
        {"containerPort": 9090, "protocol": "tcp", "name": "orders", "appProtocol": "grpc"},
    ]
    template = json.loads(graph.one("BucketObjectv2", "templates-taskdef-web.json").inputs["content"])
    assert template["containerDefinitions"][0]["portMappings"] == named
    [first] = json.loads(graph.one("TaskDefinition", "web-first-revision").inputs["containerDefinitions"])
    assert sorted(first["portMappings"], key=lambda one: one["containerPort"]) == named
    assert "9090:HTTP" in first["command"], "the page that waits for the first release answers there too"
    ingress = graph.one("SecurityGroup", "web-group").inputs["ingress"]
    assert [one["cidrBlocks"] for one in ingress if "cidrBlocks" in one] == [["10.0.0.0/16"]]


def test_service_connect_is_switched_off_by_name_where_the_settings_have_none() -> None:
    """The provider sends nothing when the block goes, and ECS would go on with it."""
    assert _web().one("Service", "web-service").inputs["serviceConnectConfiguration"] == {"enabled": False}
    assert "serviceConnectConfiguration" not in deployed_stack("stg").one("Service").inputs, (
        "CodeDeploy's services know none (Amazon ECS Developer Guide, service-connect-concepts-deploy)"
    )


def test_a_worker_may_offer_endpoints_whose_traffic_ecs_moves_in_steps() -> None:
    """Amazon ECS Developer Guide, service-connect-blue-green."""
    endpoints = {**CONNECT, "endpoints": [{"name": "orders", "port": 9090}]}
    hook = {"stages": ["POST_TEST_TRAFFIC_SHIFT"], "pause": {}}
    rollout = {"strategy": "canary", "canary": CANARY, "lifecycleHooks": [hook]}
    graph = _beside(orders={"serviceConnect": endpoints, "rollout": rollout})
    sent = graph.one("Service", "orders-service").inputs
    assert sent["deploymentConfiguration"]["strategy"] == "CANARY"
    assert "loadBalancers" not in sent
    [first] = json.loads(graph.one("TaskDefinition", "orders-first-revision").inputs["containerDefinitions"])
    assert first["command"][-1] == "9090:HTTP"


def test_tasks_are_in_target_groups_of_others_besides() -> None:
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/inside/0123456789abcdef"
    further = [{"arn": group, "port": 9000, "securityGroupId": "sg-0123456789abcdef0"}, {"arn": f"{group}0"}]
    graph = _changed(rollout={"by": "ecs", "strategy": "rolling"}, furtherTargetGroups=further)
    behind = graph.one("Service", "web-service").inputs["loadBalancers"]
    assert [(one["targetGroupArn"], one["containerPort"]) for one in behind[1:]] == [
        (group, 9000),
        (f"{group}0", 8080),
    ]
    ingress = graph.one("SecurityGroup", "web-group").inputs["ingress"]
    assert [one["securityGroups"] for one in ingress][1:] == [["sg-0123456789abcdef0"]]
    template = json.loads(graph.one("BucketObjectv2", "templates-taskdef-web.json").inputs["content"])
    ports = [one["containerPort"] for one in template["containerDefinitions"][0]["portMappings"]]
    assert ports == [8080, 9000], "ECS refuses a port that the container has not"


def test_everything_that_is_sent_is_known_to_the_provider() -> None:
    hooks = [
        {"stages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"], "pause": {}},
        {"stages": ["PRE_SCALE_UP"], "function": LAMBDA},
    ]
    graphs = [
        _web(more={"testPort": 8443}, strategy="canary", canary=CANARY, lifecycleHooks=hooks),
        _web(strategy="rolling", rolling={}),
        _web(strategy="linear", linear={"percent": 3, "intervalMinutes": 0}),
        _beside(mail={}),
        _changed(rollout={"by": "ecs"}, serviceConnect=CONNECT),
    ]
    for graph in graphs:
        for one in (*graph.all("Service"), *graph.all("ListenerRule")):
            assert not unknown_keys(one)


@pytest.mark.parametrize(
    "rollout",
    [
        {"by": "ecs", "strategy": "canary", "canary": {"percent": 0.1, "intervalMinutes": 1310}},
        {"by": "ecs", "strategy": "linear", "linear": {"percent": 100, "intervalMinutes": 1440}},
        {"by": "ecs", "strategy": "linear", "linear": {"percent": 3.1, "intervalMinutes": 1}},
        {"by": "ecs", "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "pause": {"timeoutMinutes": 1315}}]},
        {
            "by": "ecs",
            "lifecycleHooks": [{"stages": ["POST_SCALE_UP"], "pause": {"timeoutMinutes": 700}}] * 2,
        },
        {"by": "ecs", "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "pause": {}}] * 10},
        {"by": "codedeploy", "canary": {"percent": 99.0, "intervalMinutes": 2880}},
        {"by": "ecs", "strategy": "rolling", "rolling": {"minimumHealthyPercent": 0, "maximumPercent": 100}},
    ],
)
def test_what_aws_takes_is_taken_to_the_last_of_its_range(rollout: dict[str, Any]) -> None:
    """Pauses of one stage run side by side, and an only increment is followed by no wait."""
    assert settings(put("services.web.rollout", rollout)).services["web"].rollout


def test_a_worker_takes_everything_but_traffic() -> None:
    def change(raw: Config) -> None:
        raw["services"]["mail"] = {
            **{key: value for key, value in raw["services"]["web"].items() if key not in OF_TRAFFIC},
            "stopTimeoutSeconds": 120,
            "autoscaled": True,
            "rollout": {"by": "ecs", "strategy": "rolling", "order": 100, "bakeTimeMinutes": 0},
        }

    assert settings(change).services["mail"].autoscaled


def _function_of(account: str) -> Change:
    arn = LAMBDA.replace("123456789012", account)
    return put(
        "services.web.rollout",
        {"by": "ecs", "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "function": arn}]},
    )


def test_a_hook_s_function_is_of_the_stack_s_own_account() -> None:
    """Nothing documents another (Amazon ECS Developer Guide, deployment-lifecycle-hooks)."""
    refuse_elsewhere(settings(_function_of("123456789012")), PLACE)
    with pytest.raises(
        SettingsError, match=r"services\.web\.rollout\.lifecycleHooks\.0\.function is .*account 999988887777"
    ):
        refuse_elsewhere(settings(_function_of("999988887777")), PLACE)
