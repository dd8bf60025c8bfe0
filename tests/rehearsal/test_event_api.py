"""EventBridge's and SNS's APIs at the endpoint, asked by boto3, about rules that really deliver and topics that really tell.

Documents: eventbridge/latest/APIReference and sns/latest/api, a page for each operation.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.eventbridge.service import RULE_TYPE, TARGET_TYPE, EventBridge
from rehearsal.identity.authority import Authority
from rehearsal.running.apis import event_apis
from rehearsal.running.endpoint import local_endpoint
from rehearsal.sns.service import POLICY, SUBSCRIPTION, TOPIC, Topics
from rehearsal.world.cloud import Cloud, Declared
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import new_cloud
from tests.rehearsal.rule_world import ROLE, statement, trust

AT = "123456789012"
RULE = f"arn:aws:events:us-east-1:{AT}:rule/"
BUS = f"arn:aws:events:us-east-1:{AT}:event-bus/default"
NEWS = f"arn:aws:sns:us-east-1:{AT}:news"
QUIET = f"arn:aws:sns:us-east-1:{AT}:quiet"
PIPELINE = f"arn:aws:codepipeline:us-east-1:{AT}:release"
ORDERED = {"Source": "shop", "DetailType": "Ordered", "Detail": '{"id": "7"}'}


@dataclass
class Played:
    """Two rules, one of them with a pipeline, one with a topic, and what came of them."""

    cloud: Cloud
    topics: Topics
    started: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    @property
    def events(self) -> Any:
        return self.cloud.client("events")

    @property
    def sns(self) -> Any:
        return self.cloud.client("sns")

    def texts(self) -> list[str]:
        return [message.text for message in self.topics.messages]


def put(cloud: Cloud, type_: str, name: str, own: str, /, **inputs: Any) -> None:
    cloud.add(
        Declared(f"urn:{type_}:{name}", type_, name, name, inputs, {"name": name, "arn": own, **inputs})
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    authority = Authority()
    with local_endpoint(authority) as gateway:
        cloud = new_cloud(gateway.endpoint, authority, tmp_path_factory.mktemp("cloud"))
        authority.put_role(ROLE, trust({"ArnEquals": {"aws:SourceArn": f"{RULE}push"}}))
        authority.put_policy(ROLE, "start", statement("codepipeline:StartPipelineExecution", PIPELINE))
        for name, source in (("ordered", "shop"), ("push", "aws.ecr")):
            put(
                cloud,
                RULE_TYPE,
                name,
                f"{RULE}{name}",
                eventPattern=json.dumps({"source": [source]}),
                description=name,
            )
        paths, template = {"id": "$.detail.id"}, '"<id> was ordered"'
        put(
            cloud, TARGET_TYPE, "ordered-news", "", rule="ordered", arn=NEWS, targetId="news",
            inputTransformer={"inputPaths": paths, "inputTemplate": template},
        )  # fmt: skip
        put(
            cloud, TARGET_TYPE, "push-release", "", rule="push", arn=PIPELINE, roleArn=ROLE,
            retryPolicy={"maximumEventAgeInSeconds": 900}, deadLetterConfig={"arn": f"arn:aws:sqs:us-east-1:{AT}:dead"},
        )  # fmt: skip
        for arn in (NEWS, QUIET):
            put(cloud, TOPIC, arn.rpartition(":")[2], arn)
        for address in ("me@example.com", "you@example.com"):
            put(
                cloud,
                SUBSCRIPTION,
                address,
                f"{NEWS}:{address}",
                topic=NEWS,
                protocol="email",
                endpoint=address,
            )
        may = statement("sns:Publish", NEWS, Principal={"Service": "events.amazonaws.com"})
        cloud.add(Declared("urn:policy", POLICY, "p", "p", {"arn": NEWS, "policy": json.dumps(may)}, {}))
        played = Played(cloud, Topics(cloud))

        def start(asked: Mapping[str, Any], *, rule: str) -> str:
            played.started.append({**asked, "rule": rule})
            return "execution-1"

        gateway.answer_by(event_apis(cloud.place, EventBridge(cloud, start, played.topics), played.topics))
        yield played


def test_rules_and_their_targets_are_told_as_declared(played: Played) -> None:
    assert [one["Name"] for one in played.events.list_rules()["Rules"]] == ["ordered", "push"]
    assert [one["Name"] for one in played.events.list_rules(NamePrefix="pu")["Rules"]] == ["push"]
    rule = played.events.describe_rule(Name="push")
    assert (rule["Arn"], rule["State"], rule["EventBusName"]) == (f"{RULE}push", "ENABLED", "default")
    assert json.loads(rule["EventPattern"]) == {"source": ["aws.ecr"]}
    (news,) = played.events.list_targets_by_rule(Rule="ordered")["Targets"]
    assert news == {
        "Id": "news",
        "Arn": NEWS,
        "InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '"<id> was ordered"'},
    }
    (release,) = played.events.list_targets_by_rule(Rule="push")["Targets"]
    assert (release["RoleArn"], release["RetryPolicy"]) == (ROLE, {"MaximumEventAgeInSeconds": 900})
    missing = refused(played.events.describe_rule, Name="nobody")
    assert missing == "ResourceNotFoundException: Rule nobody does not exist on EventBus default."


def test_an_applications_own_event_reaches_who_waits_for_it(played: Played) -> None:
    before = len(played.texts())
    answer = played.events.put_events(Entries=[ORDERED, {**ORDERED, "Source": "other"}])
    assert answer["FailedEntryCount"] == 0
    assert all(one["EventId"] for one in answer["Entries"]), "an event that no rule waits for is taken too"
    assert played.texts()[before:] == ['"7 was ordered"']


def test_no_event_of_an_aws_service_is_taken_from_anybody_else(played: Played) -> None:
    """API_PutEventsResultEntry: each entry is refused for itself."""
    push = {"Source": "aws.ecr", "DetailType": "ECR Image Action", "Detail": "{}"}
    broken = {**ORDERED, "Detail": "{"}
    answer = played.events.put_events(Entries=[push, broken, {"Source": "shop", "Detail": "{}"}, ORDERED])
    assert answer["FailedEntryCount"] == 3
    assert [one.get("ErrorCode") for one in answer["Entries"]] == [
        "NotAuthorizedForSourceException",
        "MalformedDetail",
        "InvalidArgument",
        None,
    ]
    assert played.started == [], "a push is ECR's to tell"
    large = [{**ORDERED, "Detail": json.dumps({"id": "x" * 600_000})}] * 2
    assert refused(played.events.put_events, Entries=large).startswith(
        "ValidationException: Total size of the"
    )
    assert refused(played.events.put_events, Entries=[{**ORDERED, "EventBusName": "mine"}]).startswith(
        "NotImplemented: event bus mine"
    )


def test_a_rule_that_is_disabled_starts_nothing_until_it_is_enabled(played: Played) -> None:
    before = len(played.texts())
    played.events.disable_rule(Name="ordered")
    assert played.events.describe_rule(Name="ordered")["State"] == "DISABLED"
    played.events.put_events(Entries=[ORDERED])
    assert len(played.texts()) == before
    played.events.enable_rule(Name="ordered")
    played.events.put_events(Entries=[ORDERED])
    assert len(played.texts()) == before + 1


def test_events_are_decided_on_bus_rule_and_source(played: Played) -> None:
    """list_amazoneventbridge.md: PutEvents on the bus, with the keys of source and detail type."""
    authority = played.cloud.authority
    role = as_role(played.cloud, "events", events_PutEvents=BUS, events_DescribeRule=f"{RULE}push")
    assert role.put_events(Entries=[ORDERED])["FailedEntryCount"] == 0
    assert f"events:DisableRule on resource: {RULE}ordered" in refused(role.disable_rule, Name="ordered")
    assert f"events:DescribeRule on resource: {RULE}ordered" in refused(role.describe_rule, Name="ordered")
    only = statement("events:PutEvents", BUS, Condition={"StringEquals": {"events:source": "billing"}})
    authority.put_policy(played.cloud.place.iam_arn("role/operator"), "inline", only)
    assert "not authorized to perform: events:PutEvents" in refused(role.put_events, Entries=[ORDERED])
    assert role.put_events(Entries=[{**ORDERED, "Source": "billing"}])["FailedEntryCount"] == 0


def test_topics_are_told_with_their_policy_and_who_hears_of_them(played: Played) -> None:
    assert [one["TopicArn"] for one in played.sns.list_topics()["Topics"]] == [NEWS, QUIET]
    attributes = played.sns.get_topic_attributes(TopicArn=NEWS)["Attributes"]
    assert (attributes["Owner"], attributes["SubscriptionsConfirmed"]) == (AT, "2")
    assert json.loads(attributes["Policy"])["Statement"][0]["Principal"] == {
        "Service": "events.amazonaws.com"
    }
    default = json.loads(played.sns.get_topic_attributes(TopicArn=QUIET)["Attributes"]["Policy"])
    assert default["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": AT}}
    assert len(played.sns.list_subscriptions()["Subscriptions"]) == 2
    one, _ = played.sns.list_subscriptions_by_topic(TopicArn=NEWS)["Subscriptions"]
    assert (one["Protocol"], one["Endpoint"], one["TopicArn"]) == ("email", "me@example.com", NEWS)
    assert played.sns.list_subscriptions_by_topic(TopicArn=QUIET)["Subscriptions"] == []
    missing = refused(played.sns.get_topic_attributes, TopicArn=f"{NEWS}x")
    assert missing == "NotFound: Topic does not exist"
    assert refused(played.sns.list_topics, NextToken="mine").startswith("InvalidParameter: ")


def test_what_is_published_is_told_to_the_topics_subscribers(played: Played) -> None:
    assert played.sns.publish(TopicArn=NEWS, Message="hello", Subject="a word")["MessageId"]
    message = played.topics.messages[-1]
    assert (message.text, message.subscribers) == ("hello", ["me@example.com", "you@example.com"])
    assert refused(played.sns.publish, TopicArn=f"{NEWS}x", Message="m") == "NotFound: Topic does not exist"
    assert refused(played.sns.publish, PhoneNumber="+15550100", Message="m").startswith("NotImplemented: ")
    role = as_role(played.cloud, "sns", sns_Publish=QUIET)
    assert role.publish(TopicArn=QUIET, Message="m")["MessageId"]
    assert f"sns:Publish on resource: {NEWS}" in refused(role.publish, TopicArn=NEWS, Message="m")
