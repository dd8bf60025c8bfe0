"""Images that a task names: how they are taken apart, and what pulling them takes."""

import json
from typing import Any

import pytest

from documents import images
from settings import SettingsError
from tests.unit.edits import put
from tests.unit.harness import deployed_stack, settings

DIGEST = f"sha256:{'a1' * 32}"
PULL = "ecr:BatchGetImage"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("docker.io", "nginx", "", "")),
        ("nginx:1.27", ("docker.io", "nginx", "1.27", "")),
        ("grafana/loki:3", ("docker.io", "grafana/loki", "3", "")),
        ("localhost/x", ("localhost", "x", "", "")),
        ("registry.example:5000/a/b:T_1.x-y", ("registry.example:5000", "a/b", "T_1.x-y", "")),
        (f"quay.io/a__b/c-d.e@{DIGEST}", ("quay.io", "a__b/c-d.e", "", DIGEST)),
        (f"public.ecr.aws/x/y:1@{DIGEST}", ("public.ecr.aws", "x/y", "1", DIGEST)),
    ],
)
def test_a_reference_is_taken_apart(text: str, parts: tuple[str, str, str, str]) -> None:
    one = images.parse(text)
    assert (one.host, one.repository, one.tag, one.digest) == parts


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("MyOrg/app:1", "small letters"),
        ("quay.io/App", "small letters"),
        ("https://quay.io/app", "leave https:// away"),
        ("app:", "for its tag"),
        ("app:.1", "for its tag"),
        ("app:1:2", "for its tag"),
        ("app@sha256:abc", "for its digest"),
        (f"app@{DIGEST.upper()}", "for its digest"),
        ("app@", "for its digest"),
        ("<IMAGE1_NAME>", "small letters"),
        ("a b", "small letters"),
        ("a/" * 130 + "b", "ECS takes 255"),
        ("app\n", "small letters"),
        ("12345.dkr.ecr.us-east-1.amazonaws.com/app", "twelve digits"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com.cn/app", "end in amazonaws.com"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com/app", "end in amazonaws.com.cn"),
        ("123456789012.dkr-ecr.us-east-1.amazonaws.com/app", "end in on.aws"),
        ("123456789012.dkr.ecr.mars-1.amazonaws.com/app", "no Region"),
        ("123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com/app", "FIPS"),
        ("111122223333.DKR.ecr.us-east-1.amazonaws.com/app", "small letters"),
        ("111122223333.dkr.ECR.us-east-1.amazonaws.com/app", "small letters"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com:443/app", "no port"),
        ("a" * 200 + "_.example/app", "no host name"),
        ("a-" * 90 + ".example./app", "no host name"),
        ("evil-123456789012.dkr.ecr.us-east-1.amazonaws.com/app", "twelve digits"),
    ],
)
def test_what_is_no_reference_is_refused_when_settings_load(wrong: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(put("services.web.sidecars", [{"name": "otel", "image": wrong}]))
    assert reason in str(refused.value)
    assert "delivery:services.web.sidecars.0.image" in str(refused.value)


FORMS = {
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1": "arn:aws:ecr:us-east-1:123456789012:repository/own",
    "111122223333.dkr.ecr.us-east-1.amazonaws.com/base/envoy:1": "arn:aws:ecr:us-east-1:111122223333:repository/base/envoy",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/there": "arn:aws:ecr:eu-west-1:123456789012:repository/there",
    "123456789012.dkr-ecr.us-east-1.on.aws/dual:1": "arn:aws:ecr:us-east-1:123456789012:repository/dual",
    "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/fips": "arn:aws:ecr:us-east-1:123456789012:repository/fips",
    f"123456789012.dkr-ecr-fips.us-west-2.on.aws/both@{DIGEST}": "arn:aws:ecr:us-west-2:123456789012:repository/both",
}


def statements(**service: Any) -> list[dict[str, Any]]:
    """The execution role's statements of a service changed so."""

    def change(raw: dict[str, Any]) -> None:
        raw["delivery:services"]["web"].update(service)

    graph = deployed_stack("stg", change)
    policy = graph.one("RolePolicy", "web-execution-policy")
    return json.loads(policy.inputs["policy"])["Statement"]


def test_every_form_of_a_private_registry_gets_its_exact_grant() -> None:
    sidecars = [
        {"name": f"s{index}", "image": image} for index, image in enumerate([*FORMS, "nginx", "quay.io/x/y"])
    ]
    [pulling] = [one for one in statements(sidecars=sidecars) if PULL in one["Action"]]
    own = "arn:aws:ecr:us-east-1:123456789012:repository/shop"
    assert sorted(pulling["Resource"]) == sorted([own, *FORMS.values()]), "and nothing for public ones"


def test_the_first_pull_through_a_cache_may_import_and_make_its_repository() -> None:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    made = statements(
        sidecars=[{"name": "redis", "image": f"{registry}/docker-hub/library/redis:7"}],
        bootstrapImage=f"{registry}/ecr-public/docker/library/ruby:3-alpine",
        pullThroughCachePrefixes=["docker-hub", "ecr-public"],
    )
    [filling] = [one for one in made if "ecr:BatchImportUpstreamImage" in one["Action"]]
    repository = "arn:aws:ecr:us-east-1:123456789012:repository"
    assert filling["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"], (
        "pull-through-cache-iam"
    )
    assert filling["Resource"] == [
        f"{repository}/docker-hub/library/redis",
        f"{repository}/ecr-public/docker/library/ruby",
    ]


def test_a_cache_that_no_image_comes_through_is_refused() -> None:
    with pytest.raises(SettingsError, match="names docker-hub, and no image of this service"):
        settings(put("services.web.pullThroughCachePrefixes", ["docker-hub"]))


def test_the_bootstrap_image_can_be_an_own_one() -> None:
    own = "123456789012.dkr.ecr.us-east-1.amazonaws.com/base/ruby:1"

    def change(raw: dict[str, Any]) -> None:
        raw["delivery:services"]["web"]["bootstrapImage"] = own

    definition = deployed_stack("stg", change).one("TaskDefinition").inputs["containerDefinitions"]
    assert [one["image"] for one in json.loads(definition)] == [own]


def test_statements_for_the_execution_role_reach_it_and_nothing_else() -> None:
    agent = {
        "Effect": "Allow",
        "Action": [PULL, "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
        "Resource": "arn:aws:ecr:us-east-1:593207742271:repository/aws-guardduty-agent-fargate",
    }
    assert agent in statements(executionRoleStatements=[agent]), (
        "GuardDuty User Guide, ecs-runtime-agent-ecr-image-uri"
    )
    with pytest.raises(SettingsError, match="executionRoleStatements"):
        settings(put("services.web.executionRoleStatements", [{**agent, "Action": "ecr:*"}]))
