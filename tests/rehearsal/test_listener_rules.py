"""Rules of listeners by real HTTP, and Elastic Load Balancing's API for them.

Documents: elasticloadbalancing/latest/APIReference, a page for each operation; application/listener-rules; permissions:
list_elasticloadbalancingv2.
"""

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.elb.rule import default_rule_arn
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import StackError
from rehearsal.evaluation.resources import CannotMake, make
from rehearsal.identity.authority import Authority
from rehearsal.pulumi_engine.lifecycle import Lifecycle
from rehearsal.running.apis import load_balancer_api
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import InUse
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import BLUE, ELB_ARN, GREEN, PRODUCTION, eventually, new_cloud
from tests.rehearsal.fake_tasks import served

SHARED = f"{ELB_ARN}:listener/app/shared/60dc6c495c0c9188/0467ef3c8400ae65"
"""A listener that somebody else makes."""
RULE = "aws:lb/listenerRule:ListenerRule"
FORWARD = [
    {
        "type": "forward",
        "forward": {"targetGroups": [{"arn": BLUE, "weight": 1}, {"arn": GREEN, "weight": 0}]},
    }
]
SORRY = [{"type": "fixed-response", "fixedResponse": {"statusCode": "403", "contentType": "text/plain"}}]
ONLY_GREEN = [{"Type": "forward", "TargetGroupArn": GREEN}]


def rule(cloud: Cloud, name: str, **inputs: Any) -> str:
    """Declare a rule as the program's evaluation makes it; its ARN."""
    given = {"listenerArn": PRODUCTION, "actions": FORWARD, **inputs}
    return make(cloud, f"urn:pulumi:s::p::{RULE}::{name}", RULE, name, given).arn


def paths(*values: str) -> list[dict[str, Any]]:
    return [{"pathPattern": {"values": list(values)}}]


def asked_paths(*values: str) -> list[dict[str, Any]]:
    return [{"Field": "path-pattern", "Values": list(values)}]


def get(url: str, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, str, Mapping[str, str]]:
    """Status, body and headers; nothing is followed."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


@dataclass
class Played:
    """Load balancers that run, and the administrator's client of their API."""

    cloud: Cloud
    balancers: LoadBalancers
    client: Any
    rules: dict[str, str]


@pytest.fixture(scope="module")
def elb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Rules on a listener of the stack's own, and one on a listener of somebody else's load balancer."""
    authority = Authority()
    with local_endpoint(authority) as gateway:
        cloud = new_cloud(gateway.endpoint, authority, tmp_path_factory.mktemp("cloud"))
        other = "aws:lb/targetGroup:TargetGroup"
        there = {
            "name": "shared-1",
            "port": 80,
            "protocol": "HTTP",
            "targetType": "ip",
            "healthCheck": {"path": "/health"},
        }
        shared = make(cloud, "urn:pulumi:s::p::t::shared-1", other, "shared-1", there).arn
        sorry = {"statusCode": "403", "contentType": "text/plain", "messageBody": "not for you"}
        rules = {
            "green": rule(cloud, "green", priority=20, conditions=paths("/green*"), actions=[{"type": "forward", "targetGroupArn": GREEN}]),
            "late": rule(cloud, "late", priority=30, conditions=paths("/green/admin"), actions=[{"type": "fixed-response", "fixedResponse": sorry}]),
            "sorry": rule(cloud, "sorry", priority=10, conditions=[{"httpHeader": {"httpHeaderName": "X-Who", "values": ["robot*"]}}],
                          actions=[{"type": "fixed-response", "fixedResponse": sorry}]),
            "old": rule(cloud, "old", priority=40, conditions=[{"hostHeader": {"values": ["old.example.com"]}}],
                        actions=[{"type": "redirect", "redirect": {"statusCode": "HTTP_301", "host": "new.example.com"}}]),
            "shared": rule(cloud, "shared", listenerArn=SHARED, priority=1, conditions=[{"hostHeader": {"values": ["shop.example.com"]}}],
                           actions=[{"type": "forward", "targetGroupArn": shared}]),
        }  # fmt: skip
        with LoadBalancers(cloud) as balancers, served("blue") as blue, served("green") as green:
            gateway.answer_by(load_balancer_api(cloud, balancers))
            for group, port in ((BLUE, blue), (GREEN, green), (shared, green)):
                balancers.register(group, "127.0.0.1", port)
                eventually(lambda group=group: list(balancers.health(group).values()) == ["healthy"], 20)
            yield Played(cloud, balancers, cloud.client("elbv2"), rules)


def test_a_request_is_answered_by_the_first_rule_that_takes_it(elb: Played) -> None:
    """application/listener-rules: rules are evaluated in priority order, the default one last."""
    url = elb.balancers.url(PRODUCTION)
    assert get(url, "/")[1] == "blue", "the default rule"
    assert get(url, "/greens?x=1")[1] == "green"
    assert get(url, "/green/admin")[1] == "green", "an earlier rule takes it"
    status, body, headers = get(url, "/green", **{"X-Who": "Robot-1"})
    assert (status, body, headers["Server"]) == (403, "not for you", "awselb/2.0")


def test_a_redirect_is_answered_with_the_listener_s_own_protocol_and_port(elb: Played) -> None:
    status, _, headers = get(elb.balancers.url(PRODUCTION), "/a?b=c", Host="old.example.com")
    assert (status, headers["Location"]) == (301, "https://new.example.com:443/a?b=c")


def test_a_listener_of_others_is_open_for_the_stack_s_rules_only(elb: Played) -> None:
    url = elb.balancers.url(SHARED)
    assert get(url, Host="shop.example.com")[1] == "green"
    assert get(url, Host="somebody.example.com")[:2] == (404, "no rule of this stack is for this request")
    (listener,) = elb.client.describe_listeners(ListenerArns=[SHARED])["Listeners"]
    balancer = f"{ELB_ARN}:loadbalancer/app/shared/60dc6c495c0c9188"
    assert listener == {"ListenerArn": SHARED, "LoadBalancerArn": balancer}, "nothing else of it is known"
    assert balancer in [
        one["LoadBalancerArn"] for one in elb.client.describe_load_balancers()["LoadBalancers"]
    ]
    said = refused(elb.client.modify_listener, ListenerArn=SHARED, DefaultActions=ONLY_GREEN)
    assert said.startswith("NotImplemented: ModifyListener on ")


def test_rules_are_told_in_their_order_with_the_default_one_last(elb: Played) -> None:
    told = elb.client.describe_rules(ListenerArn=PRODUCTION)["Rules"]
    assert [one["Priority"] for one in told] == ["10", "20", "30", "40", "default"]
    assert told[-1]["RuleArn"] == default_rule_arn(PRODUCTION)
    assert told[1]["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/green*"], "PathPatternConfig": {"Values": ["/green*"]}}
    ]
    (one,) = elb.client.describe_rules(RuleArns=[elb.rules["old"]])["Rules"]
    assert one["Actions"][0]["RedirectConfig"]["Host"] == "new.example.com"
    assert refused(elb.client.describe_rules, RuleArns=[f"{elb.rules['old']}0"]).startswith("RuleNotFound: ")


def test_a_rule_that_is_made_modified_and_deleted_changes_the_next_request(elb: Played) -> None:
    url = elb.balancers.url(PRODUCTION)
    forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GREEN, "Weight": 5}, {"TargetGroupArn": BLUE, "Weight": 0}]}}]  # fmt: skip
    asked = {"ListenerArn": PRODUCTION, "Conditions": asked_paths("/new"), "Priority": 5, "Actions": forward}
    (made,) = elb.client.create_rule(**asked)["Rules"]
    assert get(url, "/new")[1] == "green"
    assert elb.balancers.weights(made["RuleArn"]) == {GREEN: 5, BLUE: 0}
    again = refused(elb.client.create_rule, **asked)
    assert again == "PriorityInUse: Priority '5' is currently in use"
    (after,) = elb.client.modify_rule(RuleArn=made["RuleArn"], Conditions=asked_paths("/newer"))["Rules"]
    assert after["Actions"] == made["Actions"], "what is not given stays (API_ModifyRule)"
    assert (get(url, "/new")[1], get(url, "/newer")[1]) == ("blue", "green")
    elb.client.delete_rule(RuleArn=made["RuleArn"])
    assert get(url, "/newer")[1] == "blue"
    assert refused(elb.client.delete_rule, RuleArn=made["RuleArn"]).startswith("RuleNotFound: ")


def test_rules_may_change_places_but_not_take_one(elb: Played) -> None:
    green, late, old = elb.rules["green"], elb.rules["late"], elb.rules["old"]

    def put(**priorities: int) -> dict[str, Any]:
        return {
            "RulePriorities": [
                {"RuleArn": elb.rules[name], "Priority": one} for name, one in priorities.items()
            ]
        }

    elb.client.set_rule_priorities(**put(green=30, late=20))
    assert get(elb.balancers.url(PRODUCTION), "/green/admin")[0] == 403
    taken = refused(elb.client.set_rule_priorities, **put(green=40, late=31))
    assert taken == "PriorityInUse: Priority '40' is currently in use"
    assert [elb.balancers.rule(arn).priority for arn in (green, late, old)] == [30, 20, 40], "all or none"
    assert refused(elb.client.set_rule_priorities, **put(green=7, late=7)).startswith("PriorityInUse: ")
    elb.client.set_rule_priorities(**put(green=20, late=30))


def test_a_default_rule_is_changed_by_its_listener_only(elb: Played) -> None:
    """API_ModifyRule, OperationNotPermitted."""
    default = default_rule_arn(PRODUCTION)
    for said in (
        refused(elb.client.modify_rule, RuleArn=default, Actions=ONLY_GREEN),
        refused(elb.client.delete_rule, RuleArn=default),
    ):
        assert said.startswith(f"OperationNotPermitted: Default rule '{default}' cannot be ")


def weighted(*groups: str) -> list[dict[str, Any]]:
    return [
        {
            "Type": "forward",
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": one, "Weight": 1} for one in groups]},
        }
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"Conditions": asked_paths("/1", "/2", "/3", "/4", "/5", "/6")}, "ValidationError: there are 6 condition values"),
        ({"Conditions": [{"Field": "host-header", "Values": ["localhost"]}]}, "ValidationError: 'localhost' is no host"),
        ({"Actions": weighted(f"{ELB_ARN}:targetgroup/nobody/3333333333333333")}, "TargetGroupNotFound: "),
        ({"Actions": weighted(*(f"{BLUE}{n}" for n in range(6)))}, "TooManyUniqueTargetGroupsPerLoadBalancer: "),
        ({"ListenerArn": SHARED, "Actions": weighted(BLUE)}, "TargetGroupAssociationLimit: "),
        ({"ListenerArn": f"{PRODUCTION}0"}, "ListenerNotFound: "),
        ({"Priority": 50_001}, "ValidationError: "),
        ({"Transforms": [{"Type": "url-rewrite"}]}, "NotImplemented: CreateRule with Transforms"),
        ({"Actions": [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]}, "InvalidLoadBalancerAction: "),
    ],
)  # fmt: skip
def test_a_rule_that_elb_would_not_make_is_not_made(elb: Played, asked: dict[str, Any], said: str) -> None:
    given = {
        "ListenerArn": PRODUCTION,
        "Conditions": asked_paths("/x"),
        "Priority": 99,
        "Actions": ONLY_GREEN,
    }
    assert refused(elb.client.create_rule, **{**given, **asked}).startswith(said)
    assert len(elb.client.describe_rules(ListenerArn=PRODUCTION)["Rules"]) == 5


def test_a_role_needs_the_action_on_the_rule_it_changes_or_the_listener_it_adds_to(elb: Played) -> None:
    green, late = elb.rules["green"], elb.rules["late"]
    role = as_role(
        elb.cloud,
        "elbv2",
        elasticloadbalancing_ModifyRule=green,
        elasticloadbalancing_SetRulePriorities=green,
        elasticloadbalancing_CreateRule=SHARED,
    )
    assert role.modify_rule(RuleArn=green, Conditions=asked_paths("/green*"))
    denied = refused(role.modify_rule, RuleArn=late, Conditions=asked_paths("/x"))
    assert f"elasticloadbalancing:ModifyRule on resource: {late}" in denied
    both = [{"RuleArn": green, "Priority": 21}, {"RuleArn": late, "Priority": 31}]
    denied = refused(role.set_rule_priorities, RulePriorities=both)
    assert f"elasticloadbalancing:SetRulePriorities on resource: {late}" in denied
    asked = {
        "ListenerArn": PRODUCTION,
        "Conditions": asked_paths("/x"),
        "Priority": 99,
        "Actions": ONLY_GREEN,
    }
    assert f"elasticloadbalancing:CreateRule on resource: {PRODUCTION}" in refused(role.create_rule, **asked)


def test_a_program_s_second_rule_of_a_priority_is_refused_as_elb_would(elb: Played) -> None:
    with pytest.raises(CannotMake, match="PriorityInUse: Priority '10' is currently in use"):
        rule(elb.cloud, "second", priority=10, conditions=paths("/x"))
    with pytest.raises(CannotMake, match="TargetGroupAssociationLimit"):
        rule(elb.cloud, "elsewhere", listenerArn=SHARED, priority=10, conditions=paths("/x"))


def test_two_rules_do_not_change_places_by_one_up(elb: Played) -> None:
    """The provider gives each rule its priority by a call of its own (API_SetRulePriorities: PriorityInUse)."""
    life = Lifecycle(elb.cloud)
    one, two = (
        {"listenerArn": SHARED, "priority": priority, "conditions": paths(f"/{priority}"), "actions": SORRY}
        for priority in (71, 72)
    )
    first, second = f"urn:pulumi:s::p::{RULE}::first", f"urn:pulumi:s::p::{RULE}::second"
    made = life.create(first, one)
    beside = life.create(second, two)
    with pytest.raises(InUse, match="PriorityInUse: Priority '72' is currently in use"):
        life.update(first, made[0], (one, made[1]), {**one, "priority": 72})
    after = life.update(first, made[0], (one, made[1]), {**one, "priority": 73})
    assert after["priority"] == 73
    life.delete(first, made[0], one, after)
    life.delete(second, beside[0], two, beside[1])


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"conditions": []}, "there is no condition"),
        ({"conditions": paths("/1", "/2", "/3", "/4", "/5", "/6")}, "6 condition values"),
        ({"actions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_302"}}]}, "creates a loop"),
        (
            {"actions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "302"}}]},
            "is no 2XX, 4XX or 5XX",
        ),
    ],
)
def test_what_a_program_may_not_declare_of_a_rule_is_refused_where_it_is_declared(
    elb: Played, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(StackError, match=f"AWS refuses it: .*{said}"):
        rule(elb.cloud, "wrong", **{"priority": 77, "conditions": paths("/x"), **inputs})


def test_a_rule_without_priority_comes_after_those_that_are_there(elb: Played) -> None:
    """pulumi_aws's ListenerRule: left unset it is the next one after the highest."""
    made = make(elb.cloud, f"urn:pulumi:s::p::{RULE}::next", RULE, "next", {"listenerArn": SHARED, "conditions": paths("/next"), "actions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "200", "contentType": "text/plain"}}]})  # fmt: skip
    assert made.outputs["priority"] == 2
