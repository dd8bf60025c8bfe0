"""Whatever can be declared of a resource is played, changes nothing, or is refused by name: held against pulumi_aws's own types."""

import importlib
from collections.abc import Iterator
from functools import cache
from keyword import iskeyword
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pulumi import _types  # pyright: ignore[reportPrivateUsage]  (the only place that knows)

from rehearsal.errors import RehearsalError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.not_played import NotPlayed, not_played, refuse_what_is_not_played
from rehearsal.evaluation.properties import EVERYWHERE, PROPERTIES
from rehearsal.evaluation.resources import make
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal
from tests.unit.worlds import WORLDS, world

REGION = "eu-central-1"


@cache
def declarable(type_: str) -> tuple[str, ...]:
    """Every property of a type by its path, as its class in pulumi_aws has it."""
    _, module, name = type_.split(":")
    folder = module.split("/")[0]
    package = importlib.import_module(f"pulumi_aws.{folder}{'_' if iskeyword(folder) else ''}")
    args = getattr(package, f"{name}InitArgs", None) or getattr(package, f"{name}Args")
    return tuple(_leaves(args, ""))


def _leaves(kind: Any, path: str) -> Iterator[str]:
    kind = _types.unwrap_type(kind)
    if "Sequence" in str(get_origin(kind)):
        yield from _leaves(get_args(kind)[0], path)
    elif isinstance(kind, type) and _types.is_input_type(kind):
        names, types = _types.input_type_py_to_pulumi_names(kind), _types.input_type_types(kind)
        for name in names.values():
            yield from _leaves(types[name], f"{path}.{name}" if path else name)
    else:
        yield path


def given(path: str, value: Any) -> dict[str, Any]:
    """Inputs that say one thing, its blocks in lists as they are sent."""
    name, _, rest = path.partition(".")
    return {name: [given(rest, value)] if rest else value}


def is_within(path: str, listed: str) -> bool:
    return path == listed or path.startswith(f"{listed}.")


def test_every_type_that_is_played_says_what_of_it() -> None:
    assert set(PROPERTIES) == set(KINDS)


@pytest.mark.parametrize("type_", PROPERTIES)
def test_the_table_lists_what_there_is_and_each_once(type_: str) -> None:
    listed = [*PROPERTIES[type_].taken, *PROPERTIES[type_].once.split()]
    unknown = [one for one in listed if not any(is_within(path, one) for path in declarable(type_))]
    assert not unknown, "a property nobody can declare says nothing"
    words = f"{PROPERTIES[type_].played} {PROPERTIES[type_].unseen}".split()
    assert len(words) == len(PROPERTIES[type_].taken), "a property is played or not, never both"


@pytest.mark.parametrize("type_", PROPERTIES)
def test_every_property_is_taken_as_the_table_says_or_refused_by_name(type_: str) -> None:
    taken = {**PROPERTIES[type_].taken, **EVERYWHERE.taken}
    said = {one: next(iter(taken[one] or ())) for one in PROPERTIES[type_].said.split()}
    for path in declarable(type_):
        known = [one for one in taken if is_within(path, one)]
        values = taken[known[0]] if known else None
        for value in ("something", 17, True):
            found = [name for name, _ in not_played(type_, {**said, **given(path, value)}, REGION)]
            allowed = bool(known) and (values is None or str(value).lower() in values)
            assert found == ([] if allowed else [path]), f"{path} with {value!r}"
        for value in values or ():
            told = REGION if value == "@region" else value
            assert not not_played(type_, {**said, **given(path, told)}, REGION), f"{path} with {told}"


@pytest.mark.parametrize("name", WORLDS)
def test_what_our_program_declares_is_played(name: str) -> None:
    for one in world(name).sent.values():
        if one.type in PROPERTIES:
            assert not not_played(one.type, one.inputs, "us-east-1"), one.name


PIPELINE = "aws:codepipeline/pipeline:Pipeline"
LISTENER = "aws:lb/listener:Listener"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (PIPELINE, {"triggers": [{"providerType": "CodeStarSourceConnection"}]}, "triggers.providerType"),
    (PIPELINE, {"stages": [{"actions": [{"region": "us-west-2"}]}]}, "stages.actions.region us-west-2"),
    (PIPELINE, {"artifactStores": [{"location": "a"}, {"location": "b"}]}, r"artifactStores\[1\]"),
    (PIPELINE, {"artifactStores": [{"location": "a", "region": REGION}]}, "artifactStores.region"),
    ("aws:iam/role:Role", {"permissionsBoundary": "arn:aws:iam::1:policy/p"}, "permissionsBoundary"),
    ("aws:iam/role:Role", {"path": "/service/"}, r"path /service/ \(played: /\)"),
    ("aws:lb/targetGroup:TargetGroup", {"stickiness": {"enabled": True}}, "stickiness.enabled true"),
    (LISTENER, {"defaultActions": [{"type": "forward"}, {"type": "forward"}]}, r"defaultActions\[1\]"),
    (LISTENER, {"defaultActions": [{"type": "jwt-validation"}]}, "defaultActions.type jwt-validation"),
    (
        "aws:lb/listenerRule:ListenerRule",
        {"conditions": [{"hostHeader": {"regexValues": ["^a"]}}]},
        r"conditions\.hostHeader\.regexValues",
    ),
    ("aws:cloudwatch/eventRule:EventRule", {"isEnabled": False}, "isEnabled false"),
    ("aws:cloudwatch/eventTarget:EventTarget", {"inputPath": "$.detail"}, "inputPath"),
    ("aws:ecs/taskDefinition:TaskDefinition", {"volumes": [{"name": "v"}]}, "volumes.name"),
    ("aws:ecs/service:Service", {"name": "web"}, r"launchType none \(played: FARGATE\)"),
    ("aws:lb/targetGroup:TargetGroup", {"port": 80}, r"targetType none \(played: ip\)"),
    ("aws:ecs/service:Service", {"serviceConnectConfiguration": {"enabled": True}}, "serviceConnectConfiguration"),
    ("aws:codebuild/project:Project", {"cache": {"type": "LOCAL"}}, "cache.type LOCAL"),
    ("aws:codedeploy/deploymentGroup:DeploymentGroup", {"triggerConfigurations": [{"triggerName": "t"}]}, "trigger"),
    ("aws:sns/topic:Topic", {"region": "us-west-2"}, "region us-west-2"),
    ("aws:sns/topic:Topic", {"notThereYet": {"deep": [1]}}, "notThereYet.deep 1"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "inputs", "said"), REFUSED)
def test_what_would_be_passed_over_is_refused_by_name(type_: str, inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(NotPlayed, match=said):
        refuse_what_is_not_played(type_, "one", inputs, REGION)


def test_what_says_nothing_is_no_reason_to_refuse() -> None:
    stages = [{"onSuccess": {}, "__defaults": ["name"]}]
    nothing: dict[str, Any] = {"triggers": [], "stages": stages, "tags": {"a": "b"}, "name": None}
    assert not_played(PIPELINE, {**nothing, "region": REGION}, REGION) == []


def test_a_text_that_may_be_a_secret_is_not_told() -> None:
    inputs = {"defaultActions": [{"type": "forward", "authenticateOidc": {"clientSecret": "s3cr3t"}}]}
    with pytest.raises(NotPlayed, match=r"defaultActions\.authenticateOidc\.clientSecret") as refused:
        refuse_what_is_not_played(LISTENER, "one", inputs, REGION)
    assert "s3cr3t" not in str(refused.value)


ALARM = {
    "name": "lost",
    "namespace": "AWS/ApplicationELB",
    "metricName": "HTTPCode_Target_5XX_Count",
    "dimensions": {"LoadBalancer": "app/shop/1", "TargetGroup": "targetgroup/web/1"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"metricName": "TargetResponseTime"}, "watches TargetResponseTime, and a rehearsal counts HTTPCode"),
        ({"namespace": "AWS/ECS"}, "watches AWS/ECS HTTPCode_Target_5XX_Count, and a rehearsal has metrics"),
        ({"dimensions": {"LoadBalancer": "app/shop/1"}}, "with a TargetGroup dimension"),
        ({"metricQueries": [{"id": "m"}]}, "metricQueries"),
        ({"comparisonOperator": "GreaterThanUpperThreshold"}, "comparisonOperator GreaterThanUpperThreshold"),
        ({"statistic": None, "extendedStatistic": "p99"}, "extendedStatistic"),
    ],
)
def test_an_alarm_that_could_stop_a_release_on_aws_and_never_here_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str | None
) -> None:
    """CodeDeploy User Guide, monitoring-create-alarms; CloudWatch API Reference, PutMetricAlarm."""
    cloud = Cloud("http://127.0.0.1:1", Authority(), Journal(), tmp_path)
    group = {
        "appName": "web",
        "deploymentGroupName": "web",
        "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
        "alarmConfiguration": {"enabled": True, "alarms": ["lost"]},
    }

    def declared() -> None:
        for type_, inputs in (
            ("aws:cloudwatch/metricAlarm:MetricAlarm", {**ALARM, **change}),
            ("aws:codedeploy/deploymentGroup:DeploymentGroup", group),
        ):
            make(cloud, f"urn:pulumi:stg::delivery::{type_}::one", type_, "one", inputs)

    if said is None:
        declared()
    else:
        with pytest.raises(RehearsalError, match=said):
            declared()
