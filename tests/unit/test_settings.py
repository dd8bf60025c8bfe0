"""What settings take, the files that describe them, and how the program refuses them."""

import copy
import json
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from documents.place import EXAMPLE_ACCOUNT
from rehearsal.host.project import ROOT
from settings import (
    Settings,
    SettingsError,
    examples,
    refuse_examples,
    refuse_stack_name,
    schema,
)
from settings.service import FARGATE_MEMORY
from settings.table import rows
from tests.unit.edits import put
from tests.unit.harness import STACKS, Config, deployed_stack, raw_settings, settings
from tests.unit.worlds import EVERYTHING, world


@pytest.mark.parametrize("stack", STACKS)
def test_the_shipped_stacks_are_taken_in_the_example_account(stack: str) -> None:
    refuse_examples(settings(stack=stack), EXAMPLE_ACCOUNT)


@pytest.mark.parametrize("stack", STACKS)
def test_a_real_account_is_told_each_shipped_example_by_name(stack: str) -> None:
    given = settings(stack=stack)
    with pytest.raises(SettingsError) as refused:
        refuse_examples(given, "210987654321")
    lines = str(refused.value).splitlines()
    assert len(lines) == len(examples(given))
    assert all("is a shipped example" in line and "account 210987654321" in line for line in lines)
    named = "\n".join(lines)
    for path in (
        "delivery:network.vpcId (vpc-0",
        "delivery:network.privateSubnetIds.0 (subnet-0",
        "delivery:network.privateSubnetIds.1 (subnet-0",
        "delivery:network.database.securityGroupId (sg-0",
        "delivery:migration.secrets.DATABASE_URL (arn:",
        "delivery:services.web.secrets.DATABASE_URL (arn:",
        "delivery:services.web.loadBalancer.publicSubnetIds.0 (subnet-0",
        "delivery:notify.emails.0 (team@example.com)",
    ):
        assert path in named, f"{path} would be taken by a real account"


def test_real_values_are_no_examples() -> None:
    text = json.dumps(raw_settings("prd"))
    real = text.replace("-0000000000000", "-0abc000000000").replace(EXAMPLE_ACCOUNT, "210987654321")
    given = Settings.model_validate(json.loads(real.replace("example.com", "shop.io")))
    assert examples(given) == []


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ("Prod", "small letters"),
        ("my_stack", "small letters"),
        ("-x", "small letters"),
        ("productionineuropecentralnumberoneandonlyforever", "make the role name shop-production"),
        ("dev-1", "application 'shop-dev' in a stack '1' would make the same names shop-dev-1-"),
    ],
)
def test_a_stack_name_that_aws_names_cannot_hold_is_refused(stack: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        refuse_stack_name(settings(), stack)


@pytest.mark.parametrize("stack", [*STACKS, "dev1"])
def test_usual_stack_names_are_taken(stack: str) -> None:
    refuse_stack_name(settings(), stack)


def test_a_living_stack_with_a_hyphen_keeps_its_names_by_saying_that_they_are_its_own() -> None:
    refuse_stack_name(settings(put("namePrefix", "shop-dev-1")), "dev-1")
    with pytest.raises(SettingsError, match="begin with shop-dev-2: write that"):
        refuse_stack_name(settings(put("namePrefix", "shop-dev-1")), "dev-2")


@pytest.mark.parametrize(
    ("application", "stack"),
    [("shop-stg", "push"), ("shop-stg", "start"), ("shop-stg", "migrate")]
    + [("shop-stg-web", ending) for ending in ("execution", "task", "deploy")],
)
def test_a_stack_called_like_the_end_of_anothers_role_is_refused_unless_it_says_that_its_names_are_its_own(
    application: str, stack: str
) -> None:
    """IAM User Guide, reference_iam-quotas: a role's name is there once in an account."""
    with pytest.raises(SettingsError, match=f"makes the role name {application}-{stack}"):
        refuse_stack_name(settings(put("application", application)), stack)

    def own(raw: Config) -> None:
        raw.update(application=application, namePrefix=f"{application}-{stack}")

    refuse_stack_name(settings(own), stack)


@pytest.mark.parametrize(
    ("application", "stack"), [("shop", "push"), ("shop-stg", "deploy"), ("shop", "task")]
)
def test_a_stack_called_like_the_end_of_a_role_that_no_stack_can_have_is_taken(
    application: str, stack: str
) -> None:
    refuse_stack_name(settings(put("application", application)), stack)


def test_a_service_called_like_anothers_test_listener_is_refused_only_where_there_is_one() -> None:
    def both(raw: Config) -> None:
        raw["services"]["web-test"] = copy.deepcopy(raw["services"]["web"])

    def with_listener(raw: Config) -> None:
        both(raw)
        raw["services"]["web"]["loadBalancer"]["testPort"] = 9443

    assert set(settings(both).services) == {"web", "web-test"}
    with pytest.raises(SettingsError, match="one name, web-test-listener: call one of them otherwise"):
        settings(with_listener)


_WORD = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)


@given(_WORD, st.integers(min_value=0), st.integers(min_value=0))
def test_no_two_applications_and_stacks_that_are_taken_make_the_same_name(
    joined: str, one: int, other: int
) -> None:
    """Each way of cutting a name into application and stack: at most one of them is taken."""
    words = f"shop-{joined}".split("-")
    cuts = {1 + one % (len(words) - 1), 1 + other % (len(words) - 1)}
    taken: list[int] = []
    for cut in cuts:
        application, stack = "-".join(words[:cut]), "-".join(words[cut:])
        try:
            refuse_stack_name(settings(put("application", application)), stack)
        except SettingsError:
            continue
        taken.append(cut)
    assert len(taken) <= 1


def test_each_pair_fargate_offers_is_taken() -> None:
    for cpu, sizes in FARGATE_MEMORY.items():
        for memory in (sizes[0], sizes[-1]):

            def change(raw: Config, cpu: int = cpu, memory: int = memory) -> None:
                raw["services"]["web"].update(cpu=cpu, memory=memory)

            assert settings(change).services["web"].memory == memory


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    given = settings()
    with pytest.raises(Exception, match="frozen"):
        given.source.push.tag = "other"
    with pytest.raises(Exception, match="frozen"):
        given.image.repository = "other"


def test_the_json_schema_is_the_one_the_models_make() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text(), "run make schema"


def test_pulumi_yaml_leaves_every_refusal_to_the_settings() -> None:
    """What it declared the CLI would refuse first, in words that name neither the rule nor the new spelling of an old key."""
    assert "config" not in yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))


def test_every_setting_says_what_it_means() -> None:
    assert [row.path for row in rows() if not row.description.endswith(".")] == [], (
        "editors show these sentences"
    )


def _refused(change: Any, *, account: str = EXAMPLE_ACCOUNT) -> pulumi.RunError:
    with pytest.raises(pulumi.RunError) as refused:
        deployed_stack("stg", change, account)
    assert refused.value.__notes__ == ["0 resources were declared before"], "nothing may be made half"
    return refused.value


def test_the_program_refuses_a_wrong_setting_before_it_declares_anything() -> None:
    def change(config: Config) -> None:
        config["delivery:source"]["push"]["tag"] = "a/b"

    assert str(_refused(change)).startswith("delivery:source.push.tag is 'a/b'"), (
        "RunError prints no traceback"
    )


def test_the_program_refuses_an_unknown_key_of_its_namespace() -> None:
    def change(config: Config) -> None:
        config["delivery:notfy"] = {"emails": []}

    assert str(_refused(change)) == "delivery:notfy is not a setting; did you mean notify?"


def test_the_program_refuses_a_text_where_an_object_belongs() -> None:
    def change(config: Config) -> None:
        config["delivery:images"] = "shop:stg"

    assert "delivery:images is 'shop:stg': it is one text, and a map belongs there" in str(_refused(change))


def test_the_program_refuses_the_shipped_examples_in_a_real_account() -> None:
    assert "shipped example" in str(_refused(None, account="210987654321"))


def test_keys_of_other_namespaces_are_left_to_their_owners() -> None:
    assert world(EVERYTHING).sent, "that world has aws:assumeRole and other:key in its configuration"


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_gets_the_stacks_tags_from_the_provider(stack: str) -> None:
    tags = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"][
        "aws:defaultTags"
    ]
    assert tags["tags"] == {"application": "shop", "stack": stack, "managed-by": "pulumi"}
