"""ImageRepository alone."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from components.image_repository import ImageRepository, ImageRepositoryArgs
from tests.unit.harness import Config, Graph, deployed, remembered, stack

PUSHER = {"repository": "o/r", "branch": "main", "ownerId": 1, "repositoryId": 2}
URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop"


@remembered
def _repository(*, protect: bool = False, **image: Any) -> tuple[Graph, Mapping[str, Any]]:
    outputs: dict[str, Any] = {}

    def change(raw: Config) -> None:
        raw["images"] = {"app": {"repository": "shop", **image}}
        raw["release"]["protect"] = protect

    def build() -> pulumi.Output[Any]:
        made = ImageRepository(
            "image",
            ImageRepositoryArgs(stack=stack(change), tag="stg"),
        )
        known = pulumi.Output.all(name=made.name, arn=made.arn, url=made.url, role=made.push_role_arn)
        return known.apply(outputs.update)

    return deployed(build), outputs


def test_every_tag_is_immutable_except_the_stacks_own() -> None:
    graph, _ = _repository()
    sent = graph.one("Repository").inputs
    assert sent["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert sent["imageTagMutabilityExclusionFilters"] == [{"filter": "stg", "filterType": "WILDCARD"}]
    assert sent["imageScanningConfiguration"] == {"scanOnPush": True}
    assert sent["forceDelete"] is False, "a repository with images never goes with the stack"


def test_the_tags_of_other_stacks_caches_and_signatures_may_move_too() -> None:
    moving = ["stg", "prd", {"tag": "buildcache*", "keep": 3}, {"tag": "sha256-*", "keep": 500}]
    graph, _ = _repository(movingTags=moving)
    filters = [one["filter"] for one in graph.one("Repository").inputs["imageTagMutabilityExclusionFilters"]]
    assert filters == ["stg", "prd", "buildcache*", "sha256-*"]
    policy = json.loads(graph.one("LifecyclePolicy").inputs["policy"])
    counts = {
        rule["selection"]["tagPatternList"][0]: rule["selection"]["countNumber"]
        for rule in policy["rules"]
        if rule["selection"]["tagStatus"] == "tagged"
    }
    assert counts == {"released-*": 999999, "stg": 1, "prd": 1, "buildcache*": 3, "sha256-*": 500}, (
        "each has a rule of its own, and no rule about numbers takes the application's images"
    )


def test_it_is_protected_when_the_stack_says_so() -> None:
    graph, _ = _repository(protect=True)
    assert graph.one("Repository").protected
    graph, _ = _repository()
    assert not graph.one("Repository").protected


def test_an_existing_repository_is_used_as_it_is() -> None:
    graph, outputs = _repository(createRepository=False)
    assert graph.all("Repository") == graph.all("LifecyclePolicy") == [], (
        "what we do not own we do not change"
    )
    assert outputs["arn"] == "arn:aws:ecr:us-east-1:123456789012:repository/shop"
    assert outputs["url"] == URL


def test_a_created_repository_is_known_by_what_aws_answers() -> None:
    _, outputs = _repository()
    assert outputs == {
        "name": "shop",
        "arn": "arn:aws:ecr:us-east-1:123456789012:repository/shop",
        "url": URL,
        "role": None,
    }


def test_without_pushers_there_is_no_push_role() -> None:
    graph, _ = _repository()
    assert graph.all("Role") == graph.all("RolePolicy") == []


def test_the_listed_workflows_may_push_and_nothing_else() -> None:
    graph, outputs = _repository(pushers=[PUSHER], createRepository=False)
    [trust] = json.loads(graph.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        "repo:o/r:ref:refs/heads/main",
        "repo:o@1/r@2:ref:refs/heads/main",
    ]
    login, push = json.loads(graph.one("RolePolicy").inputs["policy"])["Statement"]
    assert login["Action"] == ["ecr:GetAuthorizationToken"]
    assert set(push["Action"]) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    }, "Amazon ECR User Guide, image-push-iam"
    assert push["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/shop"
    assert outputs["role"] == "arn:aws:iam::123456789012:role/shop-stg-push"


def test_another_oidc_provider_may_be_named() -> None:
    arn = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com"
    graph, _ = _repository(pushers=[PUSHER], oidcProviderArn=arn)
    [trust] = json.loads(graph.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Federated": arn}
