"""Everything the settings name by ARN or host, held against the stack's place."""

from typing import Any

import pulumi
import pytest

from documents import action_grants, github
from documents.place import Place
from settings import SettingsError
from settings.elsewhere import own_account, refuse_elsewhere
from tests.unit.edits import put
from tests.unit.harness import deployed_stack, settings

HERE = Place("123456789012", "us-east-1")
ACCOUNT = "123456789012"
KEY = "arn:aws:kms:{}:{}:key/00000000-0000-0000-0000-000000000001"
HOOK = "arn:{}:lambda:{}:{}:function:check"
SECRET = "arn:aws:secretsmanager:{}:{}:secret:db-AbCdEf"
BALANCER = "arn:aws:elasticloadbalancing:{}:{}:loadbalancer/app/shared/0123456789abcdef"
PROVIDER = "arn:{}:iam::{}:oidc-provider/token.actions.githubusercontent.com"
CERTIFICATE = "arn:aws:acm:{}:{}:certificate/00000000-0000-0000-0000-000000000000"


def balancer(arn: str) -> dict[str, Any]:
    return {"arn": arn, "securityGroupId": "sg-0123456789abcdef0", "port": 80}


def certificate(arn: str) -> dict[str, Any]:
    return {
        "publicSubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "certificateArn": arn,
    }


REFUSED = {
    "key of artifacts": ("release.artifactKeyArn", KEY.format("eu-west-1", ACCOUNT), "Region eu-west-1"),
    "topic": ("notify.alarmTopicArn", f"arn:aws:sns:eu-west-1:{ACCOUNT}:ops", "Region eu-west-1"),
    "topic of another partition": (
        "notify.alarmTopicArn",
        f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:ops",
        "partition aws-cn",
    ),
    "provider": (
        "images.app.oidcProviderArn",
        PROVIDER.format("aws", "111122223333"),
        "account 111122223333",
    ),
    "provider of another partition": (
        "images.app.oidcProviderArn",
        PROVIDER.format("aws-us-gov", ACCOUNT),
        "aws-us-gov",
    ),
    "load balancer": (
        "services.web.loadBalancer",
        balancer(BALANCER.format("eu-west-1", ACCOUNT)),
        "Region eu-west-1",
    ),
    "load balancer of another account": (
        "services.web.loadBalancer",
        balancer(BALANCER.format("us-east-1", "111122223333")),
        "account 111122223333",
    ),
    "certificate": (
        "services.web.loadBalancer",
        certificate(CERTIFICATE.format("eu-west-1", ACCOUNT)),
        "https-listener-certificates",
    ),
    "hook": (
        "services.web.rollout",
        {"hooks": {"beforeInstall": HOOK.format("aws", "eu-west-1", ACCOUNT)}},
        "rollout.hooks.beforeInstall",
    ),
    "secret of the build in another Region": (
        "migration.secrets",
        {"URL": SECRET.format("eu-west-1", ACCOUNT)},
        "replicate the secret",
    ),
    "parameter of the build in another account": (
        "migration.secrets",
        {"URL": "arn:aws:ssm:us-east-1:111122223333:parameter/shop/db"},
        "CodeBuild takes an SSM parameter by name",
    ),
    "parameter of the build in another Region": (
        "migration.secrets",
        {"URL": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/db"},
        "CodeBuild takes an SSM parameter by name",
    ),
    "parameter of a service in another account": (
        "services.web.secrets",
        {"URL": "arn:aws:ssm:us-east-1:111122223333:parameter/shop/db"},
        "of its own account, in any Region",
    ),
    "key where no secret is": (
        "services.web.secretsKmsKeys",
        [KEY.format("eu-west-1", ACCOUNT)],
        "encrypts what is in its own Region",
    ),
    "image of another partition": (
        "services.web.sidecars",
        [{"name": "envoy", "image": f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/envoy:1"}],
        "no role pulls across partitions",
    ),
}

TAKEN = {
    "secret of a service in another Region": (
        "services.web.secrets",
        {"URL": SECRET.format("eu-west-1", ACCOUNT)},
    ),
    "secret of a service in another account": (
        "services.web.secrets",
        {"URL": SECRET.format("us-east-1", "111122223333")},
    ),
    "secret of the build in another account": (
        "migration.secrets",
        {"URL": SECRET.format("us-east-1", "111122223333")},
    ),
    "parameter of a service in another Region": (
        "services.web.secrets",
        {"URL": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/db"},
    ),
    "key of another account": ("release.artifactKeyArn", KEY.format("us-east-1", "111122223333")),
    "topic of another account": ("notify.alarmTopicArn", "arn:aws:sns:us-east-1:111122223333:ops"),
    "certificate of IAM": (
        "services.web.loadBalancer",
        certificate(f"arn:aws:iam::{ACCOUNT}:server-certificate/shop"),
    ),
    "image of another account and Region": (
        "services.web.sidecars",
        [{"name": "envoy", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/envoy:1"}],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_stack_here_cannot_use_is_refused_with_path_and_rule(case: str) -> None:
    path, value, rule = REFUSED[case]
    with pytest.raises(SettingsError) as refused:
        refuse_elsewhere(settings(put(path, value)), HERE)
    assert f"delivery:{path}" in str(refused.value)
    assert rule in str(refused.value)


@pytest.mark.parametrize("case", TAKEN)
def test_what_aws_takes_from_elsewhere_is_taken(case: str) -> None:
    path, value = TAKEN[case]
    refuse_elsewhere(settings(put(path, value)), HERE)


def test_the_program_refuses_before_it_declares_anything() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["delivery:notify"]["alarmTopicArn"] = f"arn:aws:sns:eu-west-1:{ACCOUNT}:ops"

    with pytest.raises(pulumi.RunError, match="alarmTopicArn") as refused:
        deployed_stack("stg", change)
    assert refused.value.__notes__ == ["0 resources were declared before"]


def test_a_region_and_credentials_of_two_partitions_are_refused() -> None:
    with pytest.raises(SettingsError, match="aws:region is cn-north-1, of partition aws-cn"):
        refuse_elsewhere(settings(), Place(ACCOUNT, "cn-north-1", "aws"))


def test_the_settings_themselves_show_the_stacks_own_account() -> None:
    own = BALANCER.format("us-east-1", "111122223333")
    assert own_account(settings(put("services.web.loadBalancer", balancer(own)))) == "111122223333"
    assert own_account(settings()) == ACCOUNT, "all that is named agrees"


def test_shared_subnets_are_named_under_their_owner() -> None:
    *_, statement = action_grants.build_in_vpc(HERE, ["subnet-1"], "111122223333")
    assert statement["Condition"]["ArnEquals"] == {
        "ec2:Subnet": ["arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1"]
    }
    assert statement["Resource"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/*", (
        "the interface is this account's"
    )


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ({"environment": "Production:V1"}, "repo:o/r:environment:Production%3AV1"),
        ({"environment": "a b/ü%"}, "repo:o/r:environment:a b/ü%"),
        ({"branch": "release/1.x"}, "repo:o/r:ref:refs/heads/release/1.x"),
        ({"git_tag": "v1+build"}, "repo:o/r:ref:refs/tags/v1+build"),
    ],
)
def test_a_subject_escapes_colons_as_github_does_and_nothing_else(
    given: dict[str, str], subject: str
) -> None:
    assert github.subjects("o/r", **given) == [subject]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "ref", ["a:b", "refs/heads/main", "a b", "a..b", "a.lock", "/a", "a/", "@", "a^", "a\\b", "a//b"]
)
def test_a_branch_that_git_does_not_take_is_refused(ref: str) -> None:
    with pytest.raises(SettingsError, match="git-check-ref-format"):
        settings(put("images.app.pushers", [{"repository": "o/r", "branch": ref}]))


@pytest.mark.parametrize("key", ["taskRoleStatements", "executionRoleStatements"])
def test_a_statement_names_resources_of_the_stacks_own_partition(key: str) -> None:
    def naming(*resources: str) -> Any:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": list(resources)}
        return settings(put(f"services.web.{key}", [statement]))

    refuse_elsewhere(naming("*", "arn:aws:s3:::b/*", "arn:*:s3:::b/*"), HERE)
    with pytest.raises(SettingsError, match=rf"{key}.0 names 'arn:aws-cn:s3:::b/\*', in partition aws-cn"):
        refuse_elsewhere(naming("arn:aws:s3:::a/*", "arn:aws-cn:s3:::b/*"), HERE)
