"""References: secrets, GitHub subjects, images, names."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import github, secrets
from documents.names import TEMPLATES, Names, fitting
from documents.place import Place
from documents.policy import trust, trust_account

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/db"
PLACE = Place("123456789012", "us-east-1")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (SECRET, ("SECRETS_MANAGER", SECRET)),
        (f"{SECRET}:url::", ("SECRETS_MANAGER", f"{SECRET}:url")),
        (f"{SECRET}:url:AWSPREVIOUS:", ("SECRETS_MANAGER", f"{SECRET}:url:AWSPREVIOUS")),
        (f"{SECRET}:::v1", ("SECRETS_MANAGER", f"{SECRET}:::v1")),
        (f"{SECRET}:url:AWSCURRENT", ("SECRETS_MANAGER", f"{SECRET}:url:AWSCURRENT")),
        (PARAMETER, ("PARAMETER_STORE", "/shop/db")),
        ("/shop/db", ("PARAMETER_STORE", "/shop/db")),
        (
            SECRET.replace("arn:aws:", "arn:aws-us-gov:"),
            ("SECRETS_MANAGER", SECRET.replace("aws:", "aws-us-gov:", 1)),
        ),
    ],
)
def test_a_reference_means_to_codebuild_what_it_means_to_ecs(
    reference: str, expected: tuple[str, str]
) -> None:
    assert secrets.codebuild_variable(reference) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "postgres://user:hunter2@db/shop",
        "shop/db",
        "",
        "/",
        "/shop//db",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db",
        "arn:aws:secretsmanager:us-east-1:12345:secret:shop/db-AbCdEf",
        f"{SECRET}:a:b:c:d",
        f"{SECRET}:url:AWSCURRENT:v1",
        "arn:aws:s3:::bucket/key",
        f"{SECRET}\n",
        "/shop/db\n",
    ],
)
def test_what_is_no_reference_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="Secrets Manager") as refused:
        secrets.parse(wrong)
    assert not wrong or wrong == "/" or wrong not in str(refused.value), "it may be the secret itself"


@given(st.text(string.printable, min_size=1, max_size=60))
def test_no_text_at_all_is_repeated_in_a_refusal(text: str) -> None:
    marked = f"hunter2:{text}"  # a word alone could be the name of an SSM parameter
    with pytest.raises(ValueError, match="it may be a secret") as refused:
        secrets.parse(marked)
    assert "hunter2" not in str(refused.value)


def test_a_role_reads_each_secret_once_and_parameters_apart() -> None:
    found = secrets.keys_of([f"{SECRET}:url::", f"{SECRET}:user::", PARAMETER, "/other"])
    assert found == ([SECRET], ["/other", PARAMETER]), "the JSON key is no part of what IAM knows"


@pytest.mark.parametrize(
    ("given_", "subject"),
    [
        ({"branch": "main"}, "repo:o/r:ref:refs/heads/main"),
        ({"git_tag": "v1"}, "repo:o/r:ref:refs/tags/v1"),
        ({"environment": "prd"}, "repo:o/r:environment:prd"),
    ],
)
def test_a_subject_has_the_form_github_gives_it(given_: dict[str, str], subject: str) -> None:
    assert github.subjects("o/r", **given_) == [subject]  # pyright: ignore[reportArgumentType]


def test_with_ids_both_the_old_and_the_immutable_subject_are_accepted() -> None:
    assert github.subjects("o/r", branch="main", owner_id=1, repository_id=2) == [
        "repo:o/r:ref:refs/heads/main",
        "repo:o@1/r@2:ref:refs/heads/main",
    ]


def test_the_trust_of_workflows_is_exact() -> None:
    [statement] = github.trust_workflows("arn:provider", ["repo:o/r:environment:prd"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": ["repo:o/r:environment:prd"],
        }
    }, "StringLike or a missing sub would trust all of GitHub"


@given(st.text("az09-", max_size=19).map("s{}".format))
def test_names_of_load_balancers_fit_and_stay_apart(service: str) -> None:
    made = [fitting(f"{service}-{role}") for role in ("blue", "green", "balancer")]
    assert all(len(name) + len("-0123456") <= 32 and not name.endswith("-") for name in made), made
    assert made[0] != made[1], "two target groups of one service keep two names"


@given(st.text("az09-", max_size=22).map("a{}z".format), st.text("az09", min_size=1, max_size=8))
def test_grants_on_artifacts_hold_wherever_codepipeline_cuts_the_pipelines_name(
    application: str, stack: str
) -> None:
    names = Names(application, stack)
    for folder in (names.pipeline, names.pipeline[:20], names.pipeline[:20].rstrip("-")):
        assert f"{folder}/".startswith(names.artifacts), f"{folder} is out of reach"
    assert not f"{TEMPLATES}/".startswith(names.artifacts), "templates must not expire"


def test_a_role_is_assumed_for_this_account_only() -> None:
    [statement] = trust_account("codebuild.amazonaws.com", "123456789012")["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    [plain] = trust("codedeploy.amazonaws.com")["Statement"]
    assert "Condition" not in plain, "an empty condition would be a null"
