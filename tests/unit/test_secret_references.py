"""References to secrets: every documented form, for the reader it is meant for."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from documents import grants, secrets
from settings import SettingsError
from tests.unit.edits import put
from tests.unit.harness import PLACE, deployed_stack, settings

NAME = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
SECRET = f"{NAME}shop/db-AbCdEf"
KEY = "arn:aws:kms:{}:123456789012:key/00000000-0000-0000-0000-000000000001"


FORMS = {
    SECRET: SECRET,
    f"{SECRET}:url": f"{SECRET}:url::",
    f"{SECRET}:url:": f"{SECRET}:url::",
    f"{SECRET}:url::": f"{SECRET}:url::",
    f"{SECRET}:url:AWSPREVIOUS": f"{SECRET}:url:AWSPREVIOUS:",
    f"{SECRET}::AWSPREVIOUS:": f"{SECRET}::AWSPREVIOUS:",
    f"{SECRET}:::871d9eca-18aa-46a9-8785-981dd3e0b4a1": f"{SECRET}:::871d9eca-18aa-46a9-8785-981dd3e0b4a1",
    f"{SECRET}:::": SECRET,
    f"{NAME}rds!db-11111111-2222-bNjnDK:password::": f"{NAME}rds!db-11111111-2222-bNjnDK:password::",
    f"{NAME}rds!cluster-1-bNjnDK:password": f"{NAME}rds!cluster-1-bNjnDK:password::",
    f"{NAME}a_b+c=d.e@f/g-AbCdEf": f"{NAME}a_b+c=d.e@f/g-AbCdEf",
    "shop-database": "shop-database",
    "/shop/database": "/shop/database",
}
"""Every documented form, and how Amazon ECS Developer Guide, secrets-envvar-secrets-manager spells it out."""

VARIABLES = {
    f"{SECRET}:url": ("SECRETS_MANAGER", f"{SECRET}:url"),
    f"{NAME}rds!db-1-bNjnDK:password::": ("SECRETS_MANAGER", f"{NAME}rds!db-1-bNjnDK:password"),
    "shop-database": ("PARAMETER_STORE", "shop-database"),
    "arn:aws:ssm:us-east-1:123456789012:parameter/shop/db": ("PARAMETER_STORE", "/shop/db"),
}


def named(forms: Iterable[str]) -> dict[str, str]:
    return {f"V{index}": form for index, form in enumerate(forms)}


def test_every_documented_form_reaches_ecs_with_all_its_colons_and_the_build_as_codebuild_takes_it() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["delivery:services"]["web"]["secrets"] = named(FORMS)
        raw["delivery:migration"]["secrets"] = named(VARIABLES)

    graph = deployed_stack("stg", change)
    [template] = [
        one.inputs["content"] for one in graph.all("BucketObjectv2") if "taskdef-web" in one.inputs["key"]
    ]
    [container] = json.loads(template)["containerDefinitions"]
    sent = {one["name"]: one["valueFrom"] for one in container["secrets"]}
    assert sent == named(FORMS.values()), "what is sent is what ECS's guide spells out"
    variables = {
        one["name"]: (one["type"], one["value"])
        for one in graph.one("Project").inputs["environment"]["environmentVariables"]
    }
    for name, expected in zip(named(VARIABLES), VARIABLES.values(), strict=True):
        assert expected in variables.values(), f"{name} is read from the same place by the build"


def test_an_arn_that_two_parameters_share_is_refused_where_the_name_is_needed() -> None:
    both = "arn:aws:ssm:us-east-1:123456789012:parameter/shop"
    with pytest.raises(SettingsError, match="write the name you mean instead of the ARN"):
        settings(put("migration.secrets", {"URL": both}))
    assert settings(put("services.web.secrets", {"URL": both})), "ECS takes the ARN itself"


@pytest.mark.parametrize(
    "wrong",
    [
        "/aws/service/x",
        "ssm-password",
        "AWS-password",
        "/a" * 16,
        "shop database",
        "shop/db",
        "/shop/db:3",
        "/ä",
    ],
)
def test_what_systems_manager_would_not_name_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"SSM parameter"):
        secrets.parse(wrong)


def test_parameters_by_name_are_granted_with_one_slash() -> None:
    [statement] = grants.read_secrets(PLACE, [], ["shop-database", "/shop/database"], [])
    assert statement["Resource"] == [
        "arn:aws:ssm:us-east-1:123456789012:parameter/shop-database",
        "arn:aws:ssm:us-east-1:123456789012:parameter/shop/database",
    ]


def test_a_key_is_granted_for_the_services_of_its_own_region() -> None:
    there, here = KEY.format("eu-west-1"), KEY.format("us-east-1")
    statements = grants.read_secrets(PLACE, [], [], [here, there])
    seen = {
        statement["Resource"][0]: statement["Condition"]["StringEquals"]["kms:ViaService"]
        for statement in statements
    }
    assert seen == {
        there: ["secretsmanager.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"],
        here: ["secretsmanager.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"],
    }
