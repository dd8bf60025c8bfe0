"""A setting that is taken away again leaves nothing behind: no property goes back to "as it is".

The provider keeps a property that it computes when the program leaves it out, so each must be sent with and without.
"""

import copy
from typing import Any

import pytest

from rehearsal.pulumi_engine.computed import computed_paths, kept
from settings.table import rows
from tests.unit.edits import put
from tests.unit.harness import Change, Config, Graph, deployed_stack
from tests.unit.worlds import KEY

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:check"
PARAMETER = {"TOKEN": "/shop/token"}
GIVEN: dict[str, Any] = {
    "images.app.movingTags": [{"tag": "prd"}],
    "images.app.pushers": [{"repository": "o/r", "branch": "main"}],
    "images.app.oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    "network.database": {"securityGroupId": "sg-000000000000000db"},
    "migration.entryPoint": ["sh", "-c"],
    "migration.environment": {"A": "b"},
    "migration.secrets": PARAMETER,
    "migration.secretsKmsKeys": [KEY],
    "migration.workingDirectory": "/app",
    "services.web.entryPoint": ["sh", "-c"],
    "services.web.workingDirectory": "/app",
    "services.web.healthCheck.port": 9090,
    "services.web.healthCheck.protocol": "HTTP",
    "services.web.command": ["serve"],
    "services.web.executionRoleStatements": [STATEMENT],
    "services.web.bootstrapImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/busybox:1.37",
    "network.ownerAccountId": "111122223333",
    "services.web.user": "1000",
    "services.web.environment": {"A": "b"},
    "services.web.secrets": PARAMETER,
    "services.web.secretsKmsKeys": [KEY],
    "services.web.loadBalancer.certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0000",
    "services.web.loadBalancer.testPort": 8443,
    "services.web.loadBalancer.accessLogs": {"bucket": "shop-access-logs", "prefix": "stg"},
    "services.web.loadBalancer.deregistrationDelaySeconds": 120,
    "services.web.loadBalancer.idleTimeoutSeconds": 120,
    **{
        f"services.web.rollout.hooks.{hook}": LAMBDA
        for hook in (
            "beforeInstall",
            "afterInstall",
            "beforeAllowTraffic",
            "afterAllowTraffic",
        )
    },
    "services.web.rollout.canary": {"percent": 25, "intervalMinutes": 45},
    "services.web.rollout.linear": {"percent": 25, "intervalMinutes": 45},
    "services.web.sidecars": [{"name": "proxy", "image": "public.ecr.aws/docker/library/busybox:1.37"}],
    "services.web.taskRoleStatements": [STATEMENT],
    "release.approval": {},
    "release.window": {"cron": "0 0 9-17 ? * MON-FRI *"},
    "release.artifactKeyArn": KEY,
    "release.alarms.unhealthyMinutes": 30,
    "notify.emails": ["night@example.com"],
    "notify.alarmTopicArn": "arn:aws:sns:us-east-1:123456789012:pager",
}
"""A value for each setting that has no default."""

OF_ECS = {"strategy", "bakeTimeMinutes", "rolling", "lifecycleHooks"}
TOGETHER = {
    "arn",
    "securityGroupId",
    "publicSubnetIds",
    "afterAllowTestTraffic",
    "pullThroughCachePrefixes",
    "loadBalancer",  # without one it is another kind of service, of which nothing has the same URN
    "by",  # nor does a service go from one controller to another (docs/operations.md)
    *OF_ECS,
    *("serviceConnect", "endpoints", "clientCidrs", "furtherTargetGroups"),
    *(
        "existing",
        "traffic",
        "ruleArns",
        "testListenerArn",
    ),  # a service of others, of which hardly anything is declared
    *("listener", "service", "test", "rules", "defaultAnswer", "furtherCertificateArns"),
}
"""Settings that are given in place of each other, or only with another one."""

ECS: dict[str, Any] = {"by": "ecs"}
ROLLING: dict[str, Any] = {**ECS, "strategy": "rolling"}
STEPS = {"percent": 10, "intervalMinutes": 5}
ROLLOUTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bakeTimeMinutes": ({**ECS, "bakeTimeMinutes": 7}, ECS),
    "bakeTimeMinutes of rolling": ({**ROLLING, "bakeTimeMinutes": 7}, ROLLING),
    "rolling": ({**ROLLING, "rolling": {"minimumHealthyPercent": 50}}, ROLLING),
    "lifecycleHooks": ({**ECS, "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "pause": {}}]}, ECS),
    "details": (
        {**ECS, "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "function": LAMBDA, "details": {"a": 1}}]},
        {**ECS, "lifecycleHooks": [{"stages": ["PRE_SCALE_UP"], "function": LAMBDA}]},
    ),
    "strategy canary": ({**ECS, "strategy": "canary", "canary": STEPS}, ECS),
    "strategy linear": ({**ECS, "strategy": "linear", "linear": STEPS}, ROLLING),
    "strategy rolling": (ROLLING, ECS),
}
"""A rollout by ECS with something and without it, by what is taken away."""

CONNECT = {"namespace": "shop", "endpoints": [{"name": "web", "port": 8080}], "clientCidrs": ["10.0.0.0/8"]}
BESIDE: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "serviceConnect": (ECS, CONNECT, None),
    "endpoints and clientCidrs": (ECS, CONNECT, {"namespace": "shop"}),
    "furtherTargetGroups": (
        ROLLING,
        [{"arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/0123456789abcdef"}],
        None,
    ),
}
"""What stands beside a rollout by ECS, with and without it."""


def _path(row: str) -> str:
    return row.replace("images.<name>", "images.app").replace("<name>", "web")


def _set(path: str, value: Any) -> Change:
    def change(config: Config) -> None:
        raw = {key.removeprefix("delivery:"): value for key, value in config.items()}
        put(path, value)(raw)
        first = path.partition(".")[0]
        config[f"delivery:{first}"] = raw[first]

    return change


def _unset(path: str) -> Change:
    def change(config: Config) -> None:
        first, *steps, last = path.split(".")
        here: Any = config.get(f"delivery:{first}", {})
        for step in steps:
            here = here.get(step, {})
        here.pop(last, None)

    return change


def left_behind(before: Graph, after: Graph) -> list[str]:
    """Properties that were sent before and are not sent any more, though the provider would keep them."""
    found: list[str] = []
    for urn in before.sent.keys() & after.sent.keys():
        one, now = before.sent[urn], after.sent[urn]
        if not one.type.startswith("aws:"):
            continue
        lost = computed_paths(one.type, one.inputs) - computed_paths(now.type, now.inputs)
        found += [f"{one.name}.{path}" for path in sorted(lost) if _above(path) in _paths(now.inputs)]
    return found


def _above(path: str) -> str:
    return path.rpartition(".")[0]


def _paths(value: Any, path: str = "") -> set[str]:
    """Paths of everything there, the whole (an empty path) included: a block that goes takes its properties along."""
    if isinstance(value, dict):
        return {path}.union(*(_paths(each, f"{path}.{key}" if path else key) for key, each in value.items()))
    if isinstance(value, list):
        return {path}.union(*(_paths(each, f"{path}[{i}]") for i, each in enumerate(value)))
    return {path}


@pytest.mark.parametrize("path", GIVEN)
def test_a_setting_taken_away_leaves_nothing_behind(path: str) -> None:
    without = deployed_stack("stg", _unset(path))

    def change(config: Config) -> None:
        _unset(path)(config)
        _set(path, copy.deepcopy(GIVEN[path]))(config)

    assert left_behind(deployed_stack("stg", change), without) == []


@pytest.mark.parametrize("what", ROLLOUTS)
def test_what_is_taken_from_a_rollout_by_ecs_leaves_nothing_behind(what: str) -> None:
    before, after = (
        deployed_stack("stg", _set("services.web.rollout", copy.deepcopy(one))) for one in ROLLOUTS[what]
    )
    assert left_behind(before, after) == []


@pytest.mark.parametrize("what", BESIDE)
def test_what_stood_beside_a_rollout_by_ecs_leaves_nothing_behind(what: str) -> None:
    rollout, *both = BESIDE[what]

    def change(given: Any) -> Change:
        def change(config: Config) -> None:
            web = config["delivery:services"]["web"]
            web["rollout"] = rollout
            if given is not None:
                web["furtherTargetGroups" if what == "furtherTargetGroups" else "serviceConnect"] = (
                    copy.deepcopy(given)
                )

        return change

    before, after = (deployed_stack("stg", change(one)) for one in both)
    assert left_behind(before, after) == []


def test_every_setting_that_may_be_left_out_is_in_this_test() -> None:
    """Who adds a setting without a default gives it a value above, so that its removal is tried."""
    without_default = {
        _path(row.path)
        for row in rows()
        if row.default == "none" and "[]" not in row.path and row.path.rpartition(".")[2] not in TOGETHER
    }
    assert without_default - set(GIVEN) == set()
    assert {what.partition(" ")[0] for what in ROLLOUTS} >= OF_ECS


def test_a_kept_property_is_noticed() -> None:
    """The provider's own words: `encryptionKey` of a CodeBuild project is computed, a listener's certificate is not."""
    project, listener = "aws:codebuild/project:Project", "aws:lb/listener:Listener"
    assert kept(project, {"encryptionKey": KEY, "name": "a"}, {"name": "a"}) == {"encryptionKey": KEY}
    assert kept(listener, {"certificateArn": "c", "port": 1}, {"port": 1}) == {}
    assert computed_paths(
        "aws:lb/targetGroup:TargetGroup", {"healthCheck": {"path": "/", "matcher": "200"}}
    ) >= {"healthCheck"}


def test_the_artifacts_key_is_aws_own_when_no_other_is_named() -> None:
    """CodeBuild API Reference, Project: alias/aws/s3 is what encrypts without a customer key."""
    project = deployed_stack("stg").one("Project")
    assert project.inputs["encryptionKey"] == "arn:aws:kms:us-east-1:123456789012:alias/aws/s3"
    assert (
        deployed_stack("stg", _set("release.artifactKeyArn", KEY)).one("Project").inputs["encryptionKey"]
        == KEY
    )
