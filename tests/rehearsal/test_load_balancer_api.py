"""Elastic Load Balancing's API at the endpoint, asked by boto3, about listeners that really serve.

Documents: elasticloadbalancing/latest/APIReference, a page for each operation; permissions: list_elasticloadbalancingv2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.elb.service import LISTENER, LOAD_BALANCER, LoadBalancers
from rehearsal.identity.authority import Authority
from rehearsal.running.apis import load_balancer_api
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import (
    BALANCER,
    BLUE,
    ELB_ARN,
    GREEN,
    PRODUCTION,
    TEST,
    declare,
    eventually,
    get,
    new_cloud,
)
from tests.rehearsal.fake_tasks import served

OTHER = f"{ELB_ARN}:loadbalancer/app/other/60dc6c495c0c9188"
OTHERS = f"{ELB_ARN}:listener/app/other/60dc6c495c0c9188/1"
NOWHERE = f"{ELB_ARN}:targetgroup/nobody/3333333333333333"


@dataclass
class Played:
    """Load balancers that run, and the administrator's client of their API."""

    cloud: Cloud
    balancers: LoadBalancers
    client: Any
    ports: list[int]


@pytest.fixture(scope="module")
def elb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Two listeners of a load balancer that the stack makes, one of another that it only uses."""
    authority = Authority()
    with local_endpoint(authority) as gateway:
        cloud = new_cloud(gateway.endpoint, authority, tmp_path_factory.mktemp("cloud"))
        declare(
            cloud, LOAD_BALANCER, "shop", arn=BALANCER, dnsName="shop-1.us-east-1.elb.amazonaws.com", zoneId="Z1",
            internal=True, subnets=["subnet-1"], securityGroups=["sg-1"], dropInvalidHeaderFields=True,
        )  # fmt: skip
        sorry = [
            {"type": "fixed-response", "fixedResponse": {"statusCode": "503", "contentType": "text/html"}}
        ]
        declare(cloud, LISTENER, "other", arn=OTHERS, port=80, loadBalancerArn=OTHER, defaultActions=sorry)
        with (
            LoadBalancers(cloud) as balancers,
            served("example/app:v1") as well,
            served("example/unhealthy") as ill,
            served("example/app:v2") as green,
        ):
            gateway.answer_by(load_balancer_api(cloud, balancers))
            for group, port in ((BLUE, well), (BLUE, ill), (GREEN, green)):
                balancers.register(group, "127.0.0.1", port)
            eventually(lambda: sorted(balancers.health(BLUE).values()) == ["healthy", "unhealthy"], 20)
            yield Played(cloud, balancers, cloud.client("elbv2"), [well, ill, green])


def test_a_load_balancer_is_told_as_declared_and_one_that_is_only_used_as_far_as_it_is_known(
    elb: Played,
) -> None:
    made, used = elb.client.describe_load_balancers()["LoadBalancers"]
    assert (made["LoadBalancerName"], made["Scheme"], made["State"]) == (
        "shop",
        "internal",
        {"Code": "active"},
    )
    assert made["AvailabilityZones"] == [{"SubnetId": "subnet-1"}]
    assert made["DNSName"].startswith("shop-1.")
    assert (used["LoadBalancerArn"], used["LoadBalancerName"]) == (OTHER, "other")
    assert "DNSName" not in used, "nothing is made up about what the stack does not make"
    named = elb.client.describe_load_balancers(Names=["other"])["LoadBalancers"]
    assert [one["LoadBalancerArn"] for one in named] == [OTHER]
    assert "LoadBalancerNotFound: Load balancers '[nobody]' not found" in refused(
        elb.client.describe_load_balancers, Names=["nobody"]
    )


def test_attributes_are_those_declared(elb: Played) -> None:
    found = elb.client.describe_load_balancer_attributes(LoadBalancerArn=BALANCER)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in found}
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == "false"
    found = elb.client.describe_target_group_attributes(TargetGroupArn=BLUE)["Attributes"]
    assert {one["Key"]: one["Value"] for one in found}["deregistration_delay.timeout_seconds"] == "30"
    unknown = refused(elb.client.describe_load_balancer_attributes, LoadBalancerArn=OTHER)
    assert unknown.startswith("NotImplemented: the attributes of ")
    missing = refused(elb.client.describe_target_group_attributes, TargetGroupArn=NOWHERE)
    assert missing == "TargetGroupNotFound: One or more target groups not found"


def test_a_listener_is_told_with_the_action_it_has_now(elb: Played) -> None:
    found = elb.client.describe_listeners(LoadBalancerArn=BALANCER)["Listeners"]
    assert [(one["ListenerArn"], one["Port"], one["Protocol"]) for one in found] == [
        (PRODUCTION, 443, "HTTPS"),
        (TEST, 9443, "HTTPS"),
    ]
    action = found[1]["DefaultActions"][0]
    assert (action["Type"], action["TargetGroupArn"]) == ("forward", BLUE)
    (sorry,) = elb.client.describe_listeners(ListenerArns=[OTHERS])["Listeners"]
    assert sorry["DefaultActions"] == [
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/html"}}
    ]
    assert "either listener ARNs or a load balancer ARN" in refused(elb.client.describe_listeners)
    assert refused(elb.client.describe_listeners, ListenerArns=[NOWHERE]).startswith("ListenerNotFound: ")


def test_the_one_rule_of_a_listener_is_its_default_action(elb: Played) -> None:
    (rule,) = elb.client.describe_rules(ListenerArn=TEST)["Rules"]
    assert (rule["Priority"], rule["IsDefault"]) == ("default", True)
    assert rule["Actions"][0]["TargetGroupArn"] == BLUE
    assert elb.client.describe_rules(RuleArns=[rule["RuleArn"]])["Rules"] == [rule]
    assert refused(elb.client.describe_rules, RuleArns=[TEST]).startswith("RuleNotFound: ")


def test_target_groups_are_told_with_the_load_balancers_that_name_them_now(elb: Played) -> None:
    blue, green = elb.client.describe_target_groups()["TargetGroups"]
    assert (blue["TargetGroupName"], blue["HealthCheckPath"], blue["Matcher"]) == (
        "web-1",
        "/health",
        {"HttpCode": "200"},
    )
    assert blue["LoadBalancerArns"] == [BALANCER]
    assert green["LoadBalancerArns"] == [], "nothing forwards to it"
    named = elb.client.describe_target_groups(Names=["web-2"])["TargetGroups"]
    assert [one["TargetGroupArn"] for one in named] == [GREEN]
    behind = elb.client.describe_target_groups(LoadBalancerArn=BALANCER)["TargetGroups"]
    assert [one["TargetGroupArn"] for one in behind] == [BLUE]
    both = refused(elb.client.describe_target_groups, Names=["web-1"], TargetGroupArns=[BLUE])
    assert both.startswith("ValidationError: ")


def test_each_target_is_told_with_what_its_checks_say(elb: Played) -> None:
    """target-group-health-checks, "Health check reason codes"."""
    seen = elb.client.describe_target_health(TargetGroupArn=BLUE)["TargetHealthDescriptions"]
    health = {one["Target"]["Port"]: one["TargetHealth"] for one in seen}
    well, ill, green = elb.ports
    assert health[well] == {"State": "healthy"}
    assert health[ill] == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }
    (unused,) = elb.client.describe_target_health(TargetGroupArn=GREEN)["TargetHealthDescriptions"]
    assert (unused["Target"], unused["HealthCheckPort"]) == ({"Id": "127.0.0.1", "Port": green}, str(green))
    assert unused["TargetHealth"]["Reason"] == "Target.NotInUse"
    asked = [{"Id": "127.0.0.1", "Port": well}, {"Id": "10.0.0.1", "Port": 1}]
    one, other = elb.client.describe_target_health(TargetGroupArn=BLUE, Targets=asked)[
        "TargetHealthDescriptions"
    ]
    assert one["TargetHealth"] == {"State": "healthy"}
    assert (other["Target"]["Id"], other["TargetHealth"]["Reason"]) == ("10.0.0.1", "Target.NotRegistered")


def forward(**weights: int) -> list[dict[str, Any]]:
    arns = {"blue": BLUE, "green": GREEN}
    groups = [{"TargetGroupArn": arns[name], "Weight": weight} for name, weight in weights.items()]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def test_a_listener_that_is_modified_sends_the_next_request_there(elb: Played) -> None:
    url = elb.balancers.url(PRODUCTION)
    action = forward(green=100, blue=0)
    (after,) = elb.client.modify_listener(ListenerArn=PRODUCTION, DefaultActions=action)["Listeners"]
    told = after["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    assert told == action[0]["ForwardConfig"]["TargetGroups"]
    assert "TargetGroupArn" not in after["DefaultActions"][0], "ELB tells it only of a single group"
    assert {get(url)[1] for _ in range(5)} == {"example/app:v2"}
    fixed = {"StatusCode": "404", "MessageBody": "gone", "ContentType": "text/plain"}
    elb.client.modify_listener(
        ListenerArn=PRODUCTION, DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}]
    )
    assert get(url) == (404, "gone")
    alone = [{"Type": "forward", "TargetGroupArn": BLUE}]
    elb.client.modify_listener(ListenerArn=PRODUCTION, DefaultActions=alone)
    assert get(url)[1] == "example/app:v1"
    assert elb.balancers.weights(PRODUCTION) == {BLUE: 1}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"DefaultActions": forward(blue=1000)}, "ValidationError: the weight 1000 of"),
        ({"DefaultActions": [{"Type": "forward"}]}, "ValidationError: a forward action needs a target group"),
        (
            {"DefaultActions": [{**forward(blue=1)[0], "TargetGroupArn": GREEN}]},
            "name different target groups",
        ),
        ({"DefaultActions": [{"Type": "forward", "TargetGroupArn": NOWHERE}]}, "TargetGroupNotFound: "),
        (
            {"DefaultActions": [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]},
            "InvalidLoadBalancerAction: The redirect configuration is not valid because it creates a loop",
        ),
        (
            {"DefaultActions": [{"Type": "authenticate-oidc"}]},
            "NotImplemented: actions of type authenticate-oidc",
        ),
        ({"Port": 81}, "NotImplemented: ModifyListener with Port"),
    ],
)
def test_what_a_listener_is_not_given_leaves_it_alone(elb: Played, asked: dict[str, Any], said: str) -> None:
    before = elb.balancers.weights(TEST)
    assert said in refused(elb.client.modify_listener, ListenerArn=TEST, **asked)
    assert elb.balancers.weights(TEST) == before


def test_a_target_group_stays_behind_one_load_balancer(elb: Played) -> None:
    """API_ModifyListener, TargetGroupAssociationLimit."""
    asked = {"ListenerArn": OTHERS, "DefaultActions": forward(blue=1)}
    assert refused(elb.client.modify_listener, **asked).startswith("TargetGroupAssociationLimit: ")


def test_pages_follow_one_another_and_a_marker_of_ones_own_is_refused(elb: Played) -> None:
    pages = elb.client.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [[one["TargetGroupName"] for one in page["TargetGroups"]] for page in pages] == [
        ["web-1"],
        ["web-2"],
    ]
    assert refused(elb.client.describe_target_groups, Marker="mine").startswith("ValidationError: ")


def test_a_role_needs_the_action_and_for_a_change_on_this_listener(elb: Played) -> None:
    role = as_role(
        elb.cloud,
        "elbv2",
        elasticloadbalancing_DescribeListeners="*",
        elasticloadbalancing_ModifyListener=TEST,
    )
    assert role.describe_listeners(ListenerArns=[TEST])["Listeners"]
    denied = refused(role.describe_target_health, TargetGroupArn=BLUE)
    assert denied.startswith("AccessDenied: ")
    assert "elasticloadbalancing:DescribeTargetHealth" in denied
    assert role.modify_listener(ListenerArn=TEST, DefaultActions=forward(blue=1))
    assert f"elasticloadbalancing:ModifyListener on resource: {PRODUCTION}" in refused(
        role.modify_listener, ListenerArn=PRODUCTION, DefaultActions=forward(green=1)
    )


def test_an_operation_that_is_not_there_is_refused_with_those_that_are(elb: Played) -> None:
    said = refused(elb.client.describe_ssl_policies)
    assert said.startswith("NotImplemented: ")
    assert "DescribeTargetHealth" in said
