"""What stands in front of a service: rules on a listener that is shared, and what a load balancer of its own has besides."""

import json
from typing import Any

import pytest

from documents.place import Place
from settings import SettingsError, parse
from settings.elsewhere import refuse_elsewhere
from tests.unit.edits import put
from tests.unit.harness import Change, Config, Graph, deployed_stack, raw_settings
from tests.unit.worlds import EVERYTHING, world
from tests.unit.wrong_listeners import CERTIFICATE, GROUP, LISTENER, PUBLIC, RULE, TEST_LISTENER, shared

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef"


def behind(balancer: dict[str, Any]) -> Graph:
    """The stg stack with this load balancer."""

    def change(config: Config) -> None:
        config["delivery:services"]["web"]["loadBalancer"] = balancer

    return deployed_stack("stg", change)


def statements(graph: Graph, policy: str) -> dict[str, Any]:
    """Resources by action."""
    found = json.loads(graph.one("RolePolicy", policy).inputs["policy"])["Statement"]
    return {action: one["Resource"] for one in found for action in _listed(one["Action"])}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def on_a_shared_listener() -> Graph:
    """All conditions, and test traffic."""
    rule = {
        "priority": 7, "hosts": ["shop.example.com"], "paths": ["/api/*"], "headers": {"X-Who": ["a*"]},
        "queryStrings": [{"key": "v", "value": "1"}], "methods": ["GET"],
    }  # fmt: skip
    return behind(shared([rule], test={"arn": TEST_LISTENER, "rules": [RULE]}))


def test_a_shared_listener_gets_rules_and_nothing_else(on_a_shared_listener: Graph) -> None:
    graph = on_a_shared_listener
    assert graph.all("LoadBalancer") == graph.all("Listener") == []
    assert "web-balancer-group" not in [one.name for one in graph.all("SecurityGroup")]
    [ingress] = graph.one("SecurityGroup", "web-group").inputs["ingress"]
    assert ingress["securityGroups"] == [GROUP], "tasks take traffic from the load balancer's group only"
    rule = graph.one("ListenerRule", "web-rule")
    assert (rule.inputs["listenerArn"], rule.inputs["priority"]) == (LISTENER, 7)
    assert rule.inputs["conditions"] == [
        {"hostHeader": {"values": ["shop.example.com"]}},
        {"pathPattern": {"values": ["/api/*"]}},
        {"httpRequestMethod": {"values": ["GET"]}},
        {"httpHeader": {"httpHeaderName": "X-Who", "values": ["a*"]}},
        {"queryStrings": [{"key": "v", "value": "1"}]},
    ]


def test_a_rule_begins_at_the_first_group_and_belongs_to_the_deployer(on_a_shared_listener: Graph) -> None:
    graph = on_a_shared_listener
    arns = [graph.outputs(graph.one("TargetGroup", f"web-{number}"))["arn"] for number in (1, 2)]
    for name in ("web-rule", "web-test-rule"):
        rule = graph.one("ListenerRule", name)
        [action] = rule.inputs["actions"]
        assert [(one["arn"], one["weight"]) for one in action["forward"]["targetGroups"]] == [
            (arns[0], 1),
            (arns[1], 0),
        ]
        assert rule.ignored == {"actions"}, "setting them back would move live traffic (aws/aws-cdk#36649)"
        assert rule.protected is False, "as release.protect says of stg"
    assert graph.one("ListenerRule", "web-rule").urn in graph.one("Service").depends_on


def test_codedeploy_is_given_the_listeners_and_may_change_the_rules_only(on_a_shared_listener: Graph) -> None:
    graph = on_a_shared_listener
    [group] = graph.all("DeploymentGroup")
    pair = group.inputs["loadBalancerInfo"]["targetGroupPairInfo"]
    assert pair["prodTrafficRoute"]["listenerArns"] == [LISTENER]
    assert pair["testTrafficRoute"]["listenerArns"] == [TEST_LISTENER]
    allowed = statements(graph, "web-deployment-policy")
    rules = [graph.outputs(graph.one("ListenerRule", name))["arn"] for name in ("web-rule", "web-test-rule")]
    assert sorted(allowed["elasticloadbalancing:ModifyRule"]) == sorted(rules)
    assert "elasticloadbalancing:ModifyListener" not in allowed, "the default action is its owner's"


def test_alarms_watch_the_load_balancer_that_the_listener_is_of(on_a_shared_listener: Graph) -> None:
    for alarm in on_a_shared_listener.all("MetricAlarm"):
        if alarm.inputs["namespace"] == "AWS/ApplicationELB":
            assert alarm.inputs["dimensions"]["LoadBalancer"] == BALANCER.partition(":loadbalancer/")[2]


def test_a_service_shares_another_s_listener_and_is_called_where_its_rule_says() -> None:
    """The world of every choice: api on web's listener."""
    graph = world(EVERYTHING)
    listener, test = (
        graph.outputs(graph.one("Listener", f"web-{name}"))["arn"] for name in ("listener", "test-listener")
    )
    assert graph.one("ListenerRule", "api-rule").inputs["listenerArn"] == listener
    assert graph.one("ListenerRule", "api-test-rule").inputs["listenerArn"] == test
    groups = {name: graph.one("SecurityGroup", f"{name}-group").inputs["ingress"] for name in ("web", "api")}
    assert groups["web"][0]["securityGroups"] == groups["api"][0]["securityGroups"]
    assert "elasticloadbalancing:ModifyListener" in statements(graph, "web-deployment-policy")
    assert "elasticloadbalancing:ModifyListener" not in statements(graph, "api-deployment-policy")
    descriptor = json.loads(graph.one("Parameter").inputs["value"])["services"]
    assert descriptor["api"]["url"] == "https://api.shop.example.com:443/v1/"
    assert descriptor["api"]["listenerArn"] == listener


def test_certificates_are_beside_both_listeners_by_names_of_their_own() -> None:
    """By their place in a list the second would be taken away together with the first."""
    graph = world(EVERYTHING)
    found = {one.name: one.inputs["certificateArn"] for one in graph.all("ListenerCertificate")}
    assert found == dict.fromkeys(("web-certificate-00001", "web-test-certificate-00001"), f"{CERTIFICATE}1")


def test_port_80_redirects_to_https() -> None:
    graph = world(EVERYTHING)
    redirect = graph.one("Listener", "web-http-redirect")
    assert (redirect.inputs["port"], redirect.inputs["protocol"]) == (80, "HTTP")
    assert redirect.inputs["defaultActions"] == [
        {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
    ]
    ports = [one["fromPort"] for one in graph.one("SecurityGroup", "web-balancer-group").inputs["ingress"]]
    assert ports == [443, 8443, 80], "or nobody would reach it"


def test_what_no_rule_is_for_gets_the_default_answer() -> None:
    answer = {"statusCode": 404, "contentType": "application/json", "body": "{}"}
    graph = behind({"publicSubnetIds": PUBLIC, "port": 80, "rules": [RULE], "defaultAnswer": answer})
    listener = graph.one("Listener", "web-listener")
    assert listener.inputs["defaultActions"] == [
        {
            "type": "fixed-response",
            "fixedResponse": {"statusCode": "404", "contentType": "application/json", "messageBody": "{}"},
        }
    ]
    assert listener.ignored == set(), "nobody else moves it"
    arn = graph.outputs(listener)["arn"]
    assert graph.one("ListenerRule", "web-rule").inputs["listenerArn"] == arn
    allowed = statements(graph, "web-deployment-policy")
    assert "elasticloadbalancing:ModifyListener" not in allowed
    assert (
        json.loads(graph.one("Parameter").inputs["value"])["services"]["web"]["url"]
        == "http://shop.example.com:80/"
    )


def test_a_load_balancer_s_attributes_are_sent_and_what_is_not_given_is_aws_own() -> None:
    logs = {"bucket": "shop-access-logs", "prefix": "stg"}
    given = behind(
        {
            "publicSubnetIds": PUBLIC,
            "port": 80,
            "accessLogs": logs,
            "idleTimeoutSeconds": 90,
            "deregistrationDelaySeconds": 7,
        }
    )
    sent = given.one("LoadBalancer").inputs
    assert (sent["accessLogs"], sent["idleTimeout"]) == ({**logs, "enabled": True}, 90)
    assert [group.inputs["deregistrationDelay"] for group in given.all("TargetGroup")] == [7, 7]
    without = deployed_stack("stg").one("LoadBalancer").inputs
    assert without["accessLogs"] == {"bucket": "", "prefix": "", "enabled": False}, (
        "left out, the logs would go on"
    )
    assert without["idleTimeout"] == 60


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("services.web.loadBalancer", shared()), "services.web.loadBalancer.listener.arn is"),
        (put("services.web.loadBalancer", shared(test={"arn": TEST_LISTENER, "rules": [RULE]})), "listener.test.arn is"),
        (
            put("services.web.loadBalancer", {
                "publicSubnetIds": PUBLIC, "certificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1"), "furtherCertificateArns": [CERTIFICATE],
            }),
            "furtherCertificateArns.0 is",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", [Place("123456789012", "eu-west-1"), Place("210987654321", "us-east-1")])
def test_what_is_elsewhere_is_refused(change: Change, said: str, where: Place) -> None:
    """load-balancer-target-groups; https-listener-certificates."""
    raw = raw_settings()
    change(raw)
    with pytest.raises(SettingsError, match=said):
        refuse_elsewhere(parse(raw), where)
