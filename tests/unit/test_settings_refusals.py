"""Each wrong setting is refused with its path, the value seen, the rule and the remedy."""

from typing import Any

import pytest
from harness import Change, raw_settings, settings

from settings import SettingsError, parse


def _web(raw: dict[str, Any]) -> dict[str, Any]:
    return raw["services"]["web"]


def _set(path: str, value: Any) -> Change:
    """Put a value at a dotted path; lists by number."""

    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        here: Any = raw
        for step in steps:
            here = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
        if isinstance(here, list):
            here[int(last)] = value
        else:
            here[last] = value

    return change


def _drop(path: str) -> Change:
    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        here: Any = raw
        for step in steps:
            here = here[step]
        del here[last]

    return change


def _both(*changes: Change) -> Change:
    def change(raw: dict[str, Any]) -> None:
        for one in changes:
            one(raw)

    return change


BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef"
EXISTING = {
    "arn": BALANCER,
    "securityGroupId": "sg-0123456789abcdef0",
    "port": 8443,
}
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}

REFUSED: dict[str, tuple[Change, list[str]]] = {
    "unknown top-level key": (
        _set("relese", {}),
        ["delivery:relese is not a setting", "did you mean release?"],
    ),
    "unknown key": (
        _set("image.repo", "x"),
        ["delivery:image.repo is not a setting", "did you mean repository?"],
    ),
    "unknown key of a service": (
        _set("services.web.loadBalancer.testport", 1),
        ["delivery:services.web.loadBalancer.testport is not a setting", "did you mean testPort?"],
    ),
    "unknown key in a list": (
        _set("image.pushers.0.brunch", "x"),
        ["delivery:image.pushers.0.brunch is not a setting", "did you mean branch?"],
    ),
    "unknown key like none": (_set("notify.zzzzzz", 1), ["remove it, or use one of alarmTopicArn, emails"]),
    "snake case": (
        _set("services.web.desired_count", 1),
        ["delivery:services.web.desired_count is not a setting", "did you mean desiredCount?"],
    ),
    "missing": (_drop("image.tag"), ["delivery:image.tag is missing and has no default; add it"]),
    "missing group": (_drop("network"), ["delivery:network is missing"]),
    "wrong type": (
        _set("services.web.cpu", "much"),
        ["delivery:services.web.cpu is 'much'", "integer", "correct it"],
    ),
    "application": (_set("application", "Shop"), ["delivery:application is 'Shop'", "must have the form"]),
    "application too long": (_set("application", "a" * 25), ["must have the form"]),
    "repository name": (_set("image.repository", "Shop"), ["delivery:image.repository is 'Shop'", "form"]),
    "tag with a slash": (_set("image.tag", "a/b"), ["delivery:image.tag is 'a/b'", "must have the form"]),
    "tag beginning with a dot": (_set("image.tag", ".stg"), ["delivery:image.tag is '.stg'"]),
    "tag too long": (_set("image.tag", "a" * 129), ["delivery:image.tag"]),
    "tag with a wildcard": (_set("image.tag", "stg*"), ["delivery:image.tag is 'stg*'"]),
    "too few images kept": (_set("image.keepImages", 1), ["delivery:image.keepImages is 1", "10"]),
    "untagged images too short": (_set("image.keepUntaggedDays", 1), ["keepUntaggedDays is 1", "30"]),
    "OIDC provider": (_set("image.oidcProviderArn", "github"), ["oidcProviderArn is 'github'"]),
    "two subjects": (
        _set("image.pushers.0.environment", "stg"),
        ["delivery:image.pushers.0: names 2 of branch, gitTag and environment", "give one"],
    ),
    "wildcard subject": (
        _set("image.pushers.0.branch", "release/*"),
        ["'release/*' has a wildcard", "list each"],
    ),
    "half an immutable subject": (
        _set("image.pushers.0.ownerId", 1),
        ["only one of ownerId and repositoryId"],
    ),
    "pusher twice": (
        _set("image.pushers", [{"repository": "o/r", "branch": "main"}] * 2),
        ["delivery:image.pushers: lists the same pusher twice"],
    ),
    "pusher's repository": (_set("image.pushers.0.repository", "shop"), ["pushers.0.repository is 'shop'"]),
    "VPC": (_set("network.vpcId", "vpc-1"), ["delivery:network.vpcId is 'vpc-1'", "must have the form"]),
    "no subnets": (
        _set("network.privateSubnetIds", []),
        ["delivery:network.privateSubnetIds is []", "at least 1"],
    ),
    "too many subnets": (
        _set("network.privateSubnetIds", [f"subnet-{i:08x}" for i in range(17)]),
        ["delivery:network.privateSubnetIds", "at most 16"],
    ),
    "subnet twice": (
        _set("network.privateSubnetIds", ["subnet-00000001"] * 2),
        ["subnet-00000001 stands there more than once"],
    ),
    "database group": (_set("network.database.securityGroupId", "sg"), ["database.securityGroupId is 'sg'"]),
    "port": (_set("network.database.port", 65536), ["delivery:network.database.port is 65536", "65535"]),
    "no command": (_set("migration.command", []), ["delivery:migration.command is []"]),
    "empty command word": (_set("migration.command", [""]), ["delivery:migration.command.0 is ''"]),
    "command as one text": (
        _set("migration.command", "a b"),
        ["delivery:migration.command is 'a b'", "list"],
    ),
    "empty entry point": (_set("migration.entryPoint", []), ["delivery:migration.entryPoint is []"]),
    "migration timeout": (_set("migration.timeoutMinutes", 2160), ["timeoutMinutes is 2160", "2145"]),
    "compute type": (
        _set("migration.computeType", "HUGE"),
        ["computeType is 'HUGE'", "BUILD_GENERAL1_SMALL"],
    ),
    "retention": (_set("migration.logRetentionDays", 31), ["logRetentionDays is 31", "30"]),
    "variable name": (_set("migration.environment", {"A-B": "1"}), ["A-B", "must have the form"]),
    "reserved variable": (
        _set("migration.environment", {"CODEBUILD_X": "1"}),
        ["the variable name CODEBUILD_X belongs to the machine", "choose another name"],
    ),
    "reserved PATH": (_set("services.web.environment", {"PATH": "1"}), ["the variable name PATH belongs"]),
    "variable that is no text": (
        _set("services.web.environment", {"DEBUG": True}),
        ["delivery:services.web.environment.DEBUG: is bool", "put it in quotes"],
    ),
    "variable twice in the migration": (
        _set("migration.environment", {"DATABASE_URL": "x"}),
        ["delivery:migration: DATABASE_URL is in environment and in secrets", "keep one"],
    ),
    "variable twice in a service": (
        _set("services.web.environment", {"DATABASE_URL": "x"}),
        ["delivery:services.web: DATABASE_URL is in environment and in secrets"],
    ),
    "secret": (_set("migration.secrets", {"A": "hunter2"}), ["delivery:migration.secrets.A", "is neither"]),
    "secret key": (_set("migration.secretsKmsKeys", ["alias/x"]), ["secretsKmsKeys.0", "must have the form"]),
    "no services": (_set("services", {}), ["delivery:services is {}", "at least 1"]),
    "too many services": (
        lambda raw: raw.update(services={f"s{i}": _web(raw) for i in range(9)}),
        ["delivery:services is", "at most 8"],
    ),
    "service name": (
        lambda raw: raw.update(services={"Web": _web(raw)}),
        ["service name 'Web' does not have the form", "choose another"],
    ),
    "service name with a line end": (
        lambda raw: raw.update(services={"web\n": _web(raw)}),
        ["does not have the form"],
    ),
    "two architectures": (
        lambda raw: raw.update(services={"a": _web(raw), "b": {**_web(raw), "architecture": "ARM64"}}),
        ["services ask for ARM64 and X86_64", "give all services the same"],
    ),
    "one port of one balancer twice": (
        lambda raw: raw.update(services={k: {**_web(raw), "loadBalancer": EXISTING} for k in ("a", "b")}),
        ["services a and b both listen on port 8443 of one load balancer", "choose another port"],
    ),
    "cluster ARN": (
        _set("services.web.cluster", "arn:aws:ecs:x"),
        ["services.web.cluster is 'arn:aws:ecs:x'"],
    ),
    "cpu": (_set("services.web.cpu", 300), ["cpu 300 is not a Fargate size", "256, 512"]),
    "memory": (
        _set("services.web.memory", 8192),
        [
            "delivery:services.web: Fargate offers no 8192 MiB with cpu 256",
            "choose memory from 512, 1024, 2048",
        ],
    ),
    "architecture": (
        _set("services.web.architecture", "arm"),
        ["services.web.architecture is 'arm'", "ARM64"],
    ),
    "stop timeout": (_set("services.web.stopTimeoutSeconds", 300), ["stopTimeoutSeconds is 300", "120"]),
    "desired count": (_set("services.web.desiredCount", 0), ["desiredCount is 0"]),
    "health path": (_set("services.web.healthCheck.path", "healthz"), ["healthCheck.path is 'healthz'"]),
    "health status": (_set("services.web.healthCheck.statusCodes", "ok"), ["statusCodes is 'ok'"]),
    "health timeout": (
        _set("services.web.healthCheck.timeoutSeconds", 10),
        [
            "delivery:services.web.healthCheck: timeoutSeconds 10 is not below intervalSeconds 10",
            "lower the timeout",
        ],
    ),
    "no load balancer": (_set("services.web.loadBalancer", {"port": 80}), ["needs exactly one of arn"]),
    "two load balancers": (
        _set(
            "services.web.loadBalancer",
            {**EXISTING, "publicSubnetIds": ["subnet-00000001", "subnet-00000002"]},
        ),
        ["needs exactly one of arn"],
    ),
    "existing load balancer without its group": (
        _set("services.web.loadBalancer", {"arn": BALANCER, "port": 80}),
        ["arn and securityGroupId belong together"],
    ),
    "network load balancer": (
        _set("services.web.loadBalancer", {**EXISTING, "arn": BALANCER.replace("/app/", "/net/")}),
        ["loadBalancer.arn is"],
    ),
    "one public subnet": (
        _set("services.web.loadBalancer.publicSubnetIds", ["subnet-00000001"]),
        ["publicSubnetIds is ['subnet-00000001']", "at least 2"],
    ),
    "test port": (
        _set("services.web.loadBalancer.testPort", 80),
        ["delivery:services.web.loadBalancer: testPort 80 is the production port", "choose another port"],
    ),
    "range": (_set("services.web.loadBalancer.allowedCidrs", ["all"]), ["allowedCidrs.0: 'all' is no range"]),
    "certificate": (_set("services.web.loadBalancer.certificateArn", "mine"), ["certificateArn is 'mine'"]),
    "range beyond IPv4": (
        _set("services.web.loadBalancer.allowedCidrs", ["10.0.0.999/8"]),
        ["'10.0.0.999/8' is no range of IPv4 addresses", "write it as"],
    ),
    "plain HTTP on 443": (
        _set("services.web.loadBalancer.port", 443),
        [
            "delivery:services.web.loadBalancer: port 443",
            "there is no certificateArn",
            "another port such as 80",
        ],
    ),
    "health check that the bootstrap page fails": (
        _set("services.web.healthCheck", {"statusCodes": "204,300-302"}),
        ["delivery:services.web.healthCheck: statusCodes 204,300-302 leaves 200 out", "add 200"],
    ),
    "service named as the migration": (
        lambda raw: raw.update(services={"migrate": _web(raw)}),
        ["service name 'migrate' is taken", "choose another"],
    ),
    "service named as ELB forbids": (
        lambda raw: raw.update(services={"internal-api": _web(raw)}),
        ["service name 'internal-api' is taken"],
    ),
    "variable of the build's own shell": (
        _set("migration.environment", {"image": "x"}),
        ["delivery:migration: the variable name image is the build's own", "choose another name"],
    ),
    "more pushers than a trust policy holds": (
        _set("image.pushers", [{"repository": f"o/{'r' * 80}", "branch": f"b{i}"} for i in range(20)]),
        ["delivery:image: 20 pushers make a trust policy of", "IAM takes 2048", "list fewer"],
    ),
    "address twice": (
        _set("notify.emails", ["a@b.io"] * 2),
        ["delivery:notify.emails: a@b.io stands there more than once"],
    ),
    "traffic shift": (
        _set("services.web.rollout.trafficShift", "CodeDeployDefault.OneAtATime"),
        ["trafficShift is 'CodeDeployDefault.OneAtATime'", "CodeDeployDefault.ECSAllAtOnce"],
    ),
    "hook": (_set("services.web.rollout.hooks.beforeInstall", "fn"), ["hooks.beforeInstall is 'fn'"]),
    "sidecar named as the container": (
        _set("services.web.sidecars", [{"name": "app", "image": "x"}]),
        ["delivery:services.web: container name app is used twice in one task"],
    ),
    "sidecar twice": (
        _set("services.web.sidecars", [{"name": "otel", "image": "x"}] * 2),
        ["container name otel is used twice"],
    ),
    "sidecar variable twice": (
        _set(
            "services.web.sidecars",
            [{"name": "o", "image": "x", "environment": {"A": ""}, "secrets": {"A": "/a"}}],
        ),
        ["A is in environment and in secrets"],
    ),
    "task role wildcard": (
        _set("services.web.taskRoleStatements", [{**STATEMENT, "Action": ["s3:Get*"]}]),
        ["taskRoleStatements allows ['s3:Get*']", "name each action"],
    ),
    "task role key": (
        _set("services.web.taskRoleStatements", [{**STATEMENT, "NotAction": "x"}]),
        ["taskRoleStatements has the keys"],
    ),
    "task role without resource": (
        _set("services.web.taskRoleStatements", [{"Effect": "Allow", "Action": "s3:GetObject"}]),
        ["give Effect, Action and Resource"],
    ),
    "mode": (_set("release.mode", "PARALLEL"), ["delivery:release.mode is 'PARALLEL'", "'QUEUED'"]),
    "approval timeout": (
        _set("release.approval", {"timeoutMinutes": 1}),
        ["approval.timeoutMinutes is 1", "5"],
    ),
    "window": (
        _set("release.window", {"cron": "0 9 * * *"}),
        ["delivery:release.window.cron is '0 9 * * *'"],
    ),
    "alarm threshold": (_set("release.alarms", {"serverErrors": 0}), ["alarms.serverErrors is 0"]),
    "blue retention": (_set("release.blueRetentionMinutes", 2881), ["blueRetentionMinutes is 2881", "2880"]),
    "artifact key": (_set("release.artifactKeyArn", "alias/aws/s3"), ["artifactKeyArn is 'alias/aws/s3'"]),
    "protect undecided": (_drop("release.protect"), ["delivery:release.protect is missing"]),
    "address": (_set("notify.emails", ["me"]), ["delivery:notify.emails.0 is 'me'"]),
    "alarm topic": (_set("notify.alarmTopicArn", "topic"), ["delivery:notify.alarmTopicArn is 'topic'"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_setting_is_refused_in_words_an_operator_can_act_on(case: str) -> None:
    change, words = REFUSED[case]
    raw = raw_settings()
    change(raw)
    with pytest.raises(SettingsError) as refused:
        parse(raw)
    text = str(refused.value)
    assert all(word in text for word in words), text
    assert text.startswith("delivery:"), "the path is what is searched for in the YAML"
    assert len(text.splitlines()) == 1, "one mistake is one line"


def test_a_pusher_without_a_subject_is_refused() -> None:
    with pytest.raises(SettingsError, match="names 0 of branch, gitTag and environment"):
        settings(_set("image.pushers", [{"repository": "o/r"}]))


def test_every_finding_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(_both(_set("image.tag", "a/b"), _set("network.vpcId", "x"), _drop("release.protect")))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize(
    "path", ["migration.secrets", "services.web.secrets", "services.web.sidecars.0.secrets"]
)
@pytest.mark.parametrize(
    "value", [{"PASSWORD": "hunter2"}, {"PASSWORD": ["hunter2"]}, "hunter2", ["hunter2"]]
)
def test_a_secret_pasted_where_its_reference_belongs_is_not_repeated(path: str, value: Any) -> None:
    change = _both(_set("services.web.sidecars", [{"name": "otel", "image": "x"}]), _set(path, value))
    with pytest.raises(SettingsError) as refused:
        settings(change)
    assert "hunter2" not in str(refused.value), "an error text ends up in logs"
    assert path in str(refused.value)


def test_a_secret_inside_a_group_of_the_wrong_shape_is_not_repeated() -> None:
    sidecars = {"otel": {"secrets": {"PASSWORD": "hunter2"}}}
    with pytest.raises(SettingsError) as refused:
        settings(_set("services.web.sidecars", sidecars))
    assert "hunter2" not in str(refused.value), str(refused.value)


def test_a_long_value_is_cut() -> None:
    with pytest.raises(SettingsError) as refused:
        settings(_set("image.repository", "X" * 500))
    assert len(str(refused.value)) < 400
