"""A service that others made: what is declared for it by the real program, and what is left to its owner."""

import json
from typing import Any

import pytest

from documents.descriptor import ExistingDescriptor, TrafficDescriptor, from_json
from settings import SettingsError
from settings.elsewhere import refuse_elsewhere
from tests.unit.harness import PLACE, Change, Graph, deployed_stack, remembered, settings
from tests.unit.wrong_adoptions import (
    BLUE,
    EXECUTION,
    GREEN,
    LISTENER,
    RULE,
    TASK,
    TEST,
    TRAFFIC,
    adopted,
)

SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/apps-stg/web"


def _config(change: Change) -> Change:
    """An edit of settings as one of a stack's file."""

    def changed(config: dict[str, Any]) -> None:
        raw = {"services": config["delivery:services"]}
        change(raw)

    return changed


@remembered
def _graph(traffic: dict[str, Any] | None = None, *, by_ecs: bool = False) -> Graph:
    return deployed_stack("stg", _config(adopted(traffic, by_ecs=by_ecs)))


def _statements(graph: Graph, role: str) -> dict[str, list[str]]:
    """Resources by action."""
    found: dict[str, list[str]] = {}
    for statement in json.loads(graph.one("RolePolicy", f"{role}-policy").inputs["policy"])["Statement"]:
        for action in statement["Action"]:
            resource = statement["Resource"]
            found.setdefault(action, []).extend(resource if isinstance(resource, list) else [resource])
    return found


@pytest.mark.parametrize("by_ecs", [False, True])
def test_nothing_is_declared_that_its_owner_has(by_ecs: bool) -> None:  # noqa: FBT001
    graph = _graph(by_ecs=by_ecs)
    for type_ in ("Service", "TaskDefinition", "TargetGroup", "Listener", "ListenerRule", "LoadBalancer"):
        assert graph.all(type_) == [], type_
    roles = {one.name for one in graph.all("Role")}
    assert not {"web-execution-role", "web-task-role"} & roles
    assert [one.inputs["name"] for one in graph.all("LogGroup") if one.name == "web-log"] == [
        "/delivery/shop/stg/web"
    ], "the template logs there"


def test_codedeploy_is_told_of_it_by_name() -> None:
    [group] = _graph().all("DeploymentGroup")
    assert group.inputs["ecsService"] == {"clusterName": "apps-stg", "serviceName": "web"}
    assert group.inputs["loadBalancerInfo"]["targetGroupPairInfo"] == {
        "prodTrafficRoute": {"listenerArns": [LISTENER]},
        "targetGroups": [{"name": "web-blue"}, {"name": "web-green"}],
    }
    [group] = _graph({"testListenerArn": TEST}).all("DeploymentGroup")
    routes = group.inputs["loadBalancerInfo"]["targetGroupPairInfo"]
    assert routes["testTrafficRoute"] == {"listenerArns": [TEST]}


def test_its_template_has_its_owners_roles_and_its_tasks_their_groups() -> None:
    files = {one.name: one.inputs["content"] for one in _graph().all("BucketObjectv2")}
    definition = json.loads(files["templates-taskdef-web.json"])
    assert (definition["executionRoleArn"], definition["taskRoleArn"]) == (EXECUTION, TASK)
    assert definition["family"] == "shop-stg-web", "a family of the delivery's own, which its rights are for"
    assert "sg-00000000000000001" in files["templates-appspec-web.yaml"]


def test_its_alarms_watch_both_groups_behind_its_load_balancer() -> None:
    seen = {
        (one.inputs["dimensions"]["LoadBalancer"], one.inputs["dimensions"]["TargetGroup"])
        for one in _graph().all("MetricAlarm")
        if one.name.startswith("web-")
    }
    groups = [arn.rpartition(":")[2] for arn in (BLUE, GREEN)]
    assert seen == {("app/shared/0123456789abcdef", group) for group in groups}


def test_codedeploys_role_moves_this_listener_and_the_named_rules_only() -> None:
    plain = _statements(_graph(), "web-deployment")
    assert plain["elasticloadbalancing:ModifyListener"] == [LISTENER]
    assert "elasticloadbalancing:ModifyRule" not in plain
    assert plain["ecs:UpdateServicePrimaryTaskSet"] == [SERVICE]
    assert set(plain["iam:PassRole"]) == {EXECUTION, TASK}
    assert _statements(_graph({"ruleArns": [RULE]}), "web-deployment")["elasticloadbalancing:ModifyRule"] == [
        RULE
    ]


def test_the_check_may_look_at_what_is_there() -> None:
    may = _statements(_graph(), "release")
    assert set(may["iam:GetRole"]) == {EXECUTION, TASK}
    assert SERVICE in may["ecs:DescribeServices"]
    assert may["elasticloadbalancing:DescribeRules"] == ["*"]


def test_what_ecs_moves_is_moved_by_the_release_function() -> None:
    graph = _graph(by_ecs=True)
    assert graph.all("DeploymentGroup") == graph.all("MetricAlarm") == [] or {
        one.name for one in graph.all("MetricAlarm")
    } == {"push-undelivered-alarm"}
    may = _statements(graph, "release")
    parts = [SERVICE.replace(":service/", f":service-{what}/") + "/*" for what in ("deployment", "revision")]
    assert may["ecs:UpdateService"] == [SERVICE, *parts], (
        "the service, its deployments and its revisions alone"
    )
    assert set(may["iam:GetRole"]) == {EXECUTION, TASK}
    assert "elasticloadbalancing:DescribeRules" not in may
    assert set(may["iam:PassRole"]) == {EXECUTION, TASK}, "what it deploys runs as its owner's roles"


def test_the_descriptor_says_what_is_taken_for_granted() -> None:
    web = from_json(_graph().one("Parameter").inputs["value"]).services["web"]
    assert (web.service, web.listener_arn) == ("web", LISTENER)
    assert web.existing == ExistingDescriptor(
        execution_role=EXECUTION,
        task_role=TASK,
        traffic=TrafficDescriptor(
            listener=LISTENER, rules=[], test_listener=None, target_groups=[BLUE, GREEN]
        ),
    )
    moved = from_json(_graph(by_ecs=True).one("Parameter").inputs["value"]).services["web"]
    assert moved.existing
    assert moved.existing.traffic is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"listenerArn": LISTENER.replace("us-east-1", "eu-west-1")}, "existing.traffic.listenerArn"),
        (
            {"targetGroupArns": [BLUE, GREEN.replace("123456789012", "111122223333")]},
            "existing.traffic.targetGroupArns.1",
        ),
        ({"listenerArn": LISTENER.replace("arn:aws:", "arn:aws-cn:")}, "in partition aws-cn"),
    ],
)
def test_what_is_elsewhere_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        refuse_elsewhere(settings(adopted(change)), PLACE)


def test_a_role_of_another_account_is_refused() -> None:
    def change(raw: dict[str, Any]) -> None:
        adopted()(raw)
        raw["services"]["web"]["existing"]["taskRoleArn"] = TASK.replace("123456789012", "111122223333")

    with pytest.raises(SettingsError, match=r"existing.taskRoleArn is .*in account 111122223333"):
        refuse_elsewhere(settings(change), PLACE)


def test_a_stack_may_have_services_of_both_kinds() -> None:
    def change(config: dict[str, Any]) -> None:
        own = config["delivery:services"]["web"].copy()
        _config(adopted())(config)
        config["delivery:services"]["own"] = own

    graph = deployed_stack("stg", change)
    assert [one.inputs["name"] for one in graph.all("Service")] == ["shop-stg-own"]
    assert {one.inputs["ecsService"]["serviceName"] for one in graph.all("DeploymentGroup")} >= {"web"}
    assert TRAFFIC["listenerArn"] == LISTENER
