"""Who may do what: trust, inline policies, and a refusal for each condition operator that the program declares.

Texts: IAM/latest/UserGuide/troubleshoot_access-denied.md. Order of the decision: reference_policies_evaluation-logic.md.
Operators: reference_policies_elements_condition_operators.md and reference_policies_condition-single-vs-multi-valued-context-keys.md.
"""

import threading
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import AccessDenied, Authority, Call, UnknownAccessKey

ROLE = "arn:aws:iam::123456789012:role/service/build"
SESSION = "arn:aws:sts::123456789012:assumed-role/build/rehearsal"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
BUCKET = "arn:aws:s3:::artifacts"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **more}


def authority(*statements: dict[str, Any], trust: dict[str, Any] | None = None) -> Authority:
    made = Authority()
    trusted = trust or {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made.put_role(ROLE, {"Version": "2012-10-17", "Statement": [trusted]})
    if statements:
        made.put_policy(ROLE, "inline", {"Version": "2012-10-17", "Statement": list(statements)})
    return made


def test_what_a_policy_allows_passes_and_is_recorded() -> None:
    made = authority(statement())
    made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/taskdef.json")
    assert made.calls == [Call(ROLE, "s3:GetObject", f"{BUCKET}/taskdef.json", allowed=True)]


def test_what_no_policy_allows_is_refused_in_aws_words_and_recorded() -> None:
    made = authority(statement())
    with pytest.raises(AccessDenied) as refused:
        made.authorize(ROLE, "s3:PutObject", f"{BUCKET}/key")
    assert str(refused.value) == (
        f"User: {SESSION} is not authorized to perform: s3:PutObject on resource: {BUCKET}/key "
        "because no identity-based policy allows the s3:PutObject action"
    ), "the session's ARN carries the role's name without its path"
    assert (refused.value.principal, refused.value.action) == (SESSION, "s3:PutObject")
    assert refused.value.resource == f"{BUCKET}/key"
    assert made.calls[-1].allowed is False, "a refused call is a call as well"


def test_an_explicit_deny_wins_over_an_allow_and_says_so() -> None:
    made = authority(statement(), statement("Deny", Resource=f"{BUCKET}/secret"))
    with pytest.raises(AccessDenied, match=r"with an explicit deny in an identity-based policy$"):
        made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/secret")
    made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/other")


def test_a_removed_policy_allows_nothing_any_more() -> None:
    made = authority(statement())
    made.remove_policy(ROLE, "inline")
    with pytest.raises(AccessDenied):
        made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/key")
    assert made.policies(ROLE) == {}
    with pytest.raises(LookupError, match="no inline policy 'inline'"):
        made.remove_policy(ROLE, "inline")


def test_a_role_nobody_declared_may_nothing() -> None:
    with pytest.raises(AccessDenied):
        Authority().authorize(ROLE, "s3:GetObject", f"{BUCKET}/key")


# operator, the program's kind of condition, a context that meets it, one that does not
CONDITIONS = [
    (
        "StringEquals",
        {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
        {"iam:PassedToService": "ec2.amazonaws.com"},
    ),
    (
        "StringEquals without the key",
        {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        {"aws:SourceAccount": "123456789012"},
        {},
    ),
    (
        "StringLike",
        {"StringLike": {"s3:prefix": "templates/*"}},
        {"s3:prefix": "templates/1f/taskdef.json"},
        {"s3:prefix": "secrets/templates/"},
    ),
    (
        "ArnEquals",
        {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/push"}},
        {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/push"},
        {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/other"},
    ),
    (
        "ArnLike",
        {"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:us-east-1:123456789012:project/*"}},
        {"aws:SourceArn": "arn:aws:codebuild:us-east-1:123456789012:project/migrate"},
        {"aws:SourceArn": "arn:aws:codebuild:eu-west-1:123456789012:project/migrate"},
    ),
    (
        "Bool",
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        {"kms:GrantIsForAWSResource": True},
        {"kms:GrantIsForAWSResource": False},
    ),
    (
        "Null false",
        {"Null": {"aws:RequestTag/stack": "false"}},
        {"aws:RequestTag/stack": "stg"},
        {},
    ),
    (
        "Null true",
        {"Null": {"aws:TagKeys": "true"}},
        {},
        {"aws:TagKeys": ["owner"]},
    ),
    (
        "ForAnyValue",
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["stack", "owner"]}},
        {"aws:TagKeys": ["stack", "other"]},
        {"aws:TagKeys": ["other"]},
    ),
    (
        "ForAnyValue without the key",
        {"ForAnyValue:StringLike": {"aws:TagKeys": "s*"}},
        {"aws:TagKeys": ["stack"]},
        {},
    ),
    (
        "all of several",
        {"StringEquals": {"aws:SourceAccount": "1"}, "StringLike": {"s3:prefix": "a*"}},
        {"aws:SourceAccount": "1", "s3:prefix": "ab"},
        {"aws:SourceAccount": "1", "s3:prefix": "b"},
    ),
    (
        "a key in other letters",
        {"StringEquals": {"AWS:sourceaccount": "1"}},
        {"aws:SourceAccount": "1"},
        {"aws:SourceAccount": "2"},
    ),
]
_NAMES = [row[0] for row in CONDITIONS]


@pytest.mark.parametrize(("_name", "condition", "met", "unmet"), CONDITIONS, ids=_NAMES)
def test_a_condition_allows_only_what_meets_it(
    _name: str, condition: dict[str, Any], met: dict[str, Any], unmet: dict[str, Any]
) -> None:
    made = authority(statement(Condition=condition))
    made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/key", met)
    with pytest.raises(AccessDenied, match="because no identity-based policy allows"):
        made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/key", unmet)


@pytest.mark.parametrize(("_name", "condition", "met", "unmet"), CONDITIONS, ids=_NAMES)
def test_a_deny_holds_only_where_its_condition_is_met(
    _name: str, condition: dict[str, Any], met: dict[str, Any], unmet: dict[str, Any]
) -> None:
    made = authority(statement(), statement("Deny", Condition=condition))
    with pytest.raises(AccessDenied, match="with an explicit deny"):
        made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/key", met)
    made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/key", unmet)


def test_plain_http_is_not_what_aws_would_see() -> None:
    """Callers reach AWS by TLS; that the rehearsal's endpoint has none must not trip a TLS-only statement."""
    tls_only = statement("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    authority(statement(), tls_only).authorize(ROLE, "s3:GetObject", f"{BUCKET}/key")


def test_a_policy_sees_the_role_as_principal_not_the_session() -> None:
    mine = statement(Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})
    authority(mine).authorize(ROLE, "s3:GetObject", f"{BUCKET}/key")


def test_a_trusted_service_gets_keys_that_act_as_the_role() -> None:
    made = authority()
    keys = made.assume(ROLE, "codebuild.amazonaws.com")
    assert made.credentials_of(keys.access_key_id).role_arn == ROLE
    assert keys.access_key_id.startswith("ASIA"), "temporary keys begin so (reference_identifiers.md)"
    assert keys.secret_access_key not in repr(keys), "a secret must not reach a log by way of repr"
    assert str(keys.session_token) not in repr(keys), "nor a session token"


def test_a_service_that_is_not_trusted_gets_none() -> None:
    with pytest.raises(AccessDenied) as refused:
        authority().assume(ROLE, "codepipeline.amazonaws.com")
    assert str(refused.value) == (
        f"User: codepipeline.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {ROLE} "
        "because no role trust policy allows the sts:AssumeRole action"
    )


def test_a_trust_condition_on_the_source_is_checked() -> None:
    """The confused deputy: IAM/latest/UserGuide/confused-deputy.md."""
    source = "arn:aws:codebuild:us-east-1:123456789012:project/migrate"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["codebuild.amazonaws.com"]},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnEquals": {"aws:SourceArn": source},
        },
    }
    made = authority(trust=trust)
    made.assume(
        ROLE, "codebuild.amazonaws.com", {"aws:SourceAccount": "123456789012", "aws:SourceArn": source}
    )
    for context in (
        {"aws:SourceAccount": "123456789012"},
        {"aws:SourceAccount": "999999999999", "aws:SourceArn": source},
    ):
        with pytest.raises(AccessDenied):
            made.assume(ROLE, "codebuild.amazonaws.com", context)


@pytest.mark.parametrize(
    ("claims", "answer"),
    [
        ({"aud": "sts.amazonaws.com", "sub": "repo:acme/shop:ref:refs/heads/main"}, "allowed"),
        ({"aud": "sts.amazonaws.com", "sub": "repo:acme/shop:ref:refs/heads/evil"}, "refused"),
        ({"aud": "other", "sub": "repo:acme/shop:ref:refs/heads/main"}, "refused"),
        ({"aud": "sts.amazonaws.com"}, "refused"),
    ],
    ids=["the declared subject", "another branch", "another audience", "no subject"],
)
def test_a_workflow_gets_keys_only_for_the_declared_subject_and_audience(
    claims: dict[str, str], answer: str
) -> None:
    host = "token.actions.githubusercontent.com"
    wanted = {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": "repo:acme/shop:ref:refs/heads/main"}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": wanted},
    }
    made = authority(trust=trust)
    if answer == "allowed":
        assert made.assume_with_web_identity(ROLE, PROVIDER, claims).role_arn == ROLE
        return
    with pytest.raises(AccessDenied, match=r"^Not authorized to perform sts:AssumeRoleWithWebIdentity$"):
        made.assume_with_web_identity(ROLE, PROVIDER, claims)


def test_another_identity_provider_is_not_trusted() -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    with pytest.raises(AccessDenied):
        authority(trust=trust).assume_with_web_identity(ROLE, f"{PROVIDER}.example", {})


def test_the_administrator_has_no_role_and_a_made_up_key_belongs_to_nobody() -> None:
    assert Authority().credentials_of("test").role_arn is None
    with pytest.raises(UnknownAccessKey):
        Authority().credentials_of("AKIAMADEUP")


@pytest.mark.parametrize(
    "wrong",
    [
        statement(Condition={"StringEqual": {"aws:SourceAccount": "1"}}),
        statement(Resource="arn:aws:s3:::artifacts/${aws:username}/*"),
        statement("Permit"),
    ],
    ids=["a misspelt operator", "a policy variable", "another effect"],
)
def test_a_document_that_would_be_misread_is_refused(wrong: dict[str, Any]) -> None:
    """The evaluator takes a misspelt operator for an unmet condition: a Deny that never denies."""
    with pytest.raises(RehearsalError):
        authority(wrong)


def test_decisions_from_many_threads_are_all_recorded() -> None:
    made = authority(statement())
    crowd = [
        threading.Thread(
            target=lambda: [made.authorize(ROLE, "s3:GetObject", f"{BUCKET}/k") for _ in range(50)]
        )
        for _ in range(8)
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert len(made.calls) == 400


CALLER = "arn:aws:iam::123456789012:role/pipeline"
ACCOUNT_ROOT = "arn:aws:iam::123456789012:root"


def two_roles(principal: Any, *own: dict[str, Any], effect: str = "Allow") -> Authority:
    """A role that trusts `principal`, and a caller with these statements."""
    trust = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"}
    made = authority(trust=trust)
    made.put_role(CALLER, {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})
    if own:
        made.put_policy(CALLER, "inline", {"Statement": list(own)})
    return made


MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}


@pytest.mark.parametrize(
    ("principal", "own"),
    [
        ({"AWS": CALLER}, ()),
        ({"AWS": [CALLER, "arn:aws:iam::123456789012:role/other"]}, ()),
        ({"AWS": ACCOUNT_ROOT}, (MAY_ASSUME,)),
        ({"AWS": "123456789012"}, (MAY_ASSUME,)),
        ({"AWS": "*"}, (MAY_ASSUME,)),
        ("*", (MAY_ASSUME,)),
    ],
)
def test_a_role_assumes_another_that_trusts_it(principal: Any, own: tuple[dict[str, Any], ...]) -> None:
    """IAM/latest/UserGuide/reference_policies_elements_principal.md."""
    made = two_roles(principal, *own)
    assert made.assume_as(CALLER, ROLE).role_arn == ROLE
    assert made.calls[-1] == Call(CALLER, "sts:AssumeRole", ROLE, allowed=True)


@pytest.mark.parametrize(
    ("principal", "own", "reason"),
    [
        ({"AWS": ACCOUNT_ROOT}, (), "because no identity-based policy allows the sts:AssumeRole action"),
        ("*", (), "because no identity-based policy allows the sts:AssumeRole action"),
        (
            {"AWS": ACCOUNT_ROOT},
            ({**MAY_ASSUME, "Resource": f"{ROLE}-2"},),
            "because no identity-based policy allows the sts:AssumeRole action",
        ),
        (
            {"Service": "codepipeline.amazonaws.com"},
            (MAY_ASSUME,),
            "because no role trust policy allows the sts:AssumeRole action",
        ),
        (
            {"AWS": "arn:aws:iam::999999999999:root"},
            (MAY_ASSUME,),
            "because no role trust policy allows the sts:AssumeRole action",
        ),
        (
            {"AWS": CALLER},
            ({**MAY_ASSUME, "Effect": "Deny"},),
            "with an explicit deny",
        ),
    ],
)
def test_a_role_does_not_assume_one_that_does_not_trust_it_or_that_it_may_not(
    principal: Any, own: tuple[dict[str, Any], ...], reason: str
) -> None:
    made = two_roles(principal, *own)
    with pytest.raises(AccessDenied, match=reason) as refused:
        made.assume_as(CALLER, ROLE)
    assert refused.value.resource == ROLE
    assert made.calls[-1].allowed is False


def test_a_role_that_nobody_declared_is_assumed_by_nobody() -> None:
    with pytest.raises(AccessDenied, match="no role trust policy allows"):
        two_roles({"AWS": CALLER}, MAY_ASSUME).assume_as(CALLER, f"{ROLE}-2")
