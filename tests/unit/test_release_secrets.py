"""Secrets and parameters that a release reads: looked for before anything is migrated, and never shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.release_cloud import (
    HIDDEN,
    SECRET,
    ReleaseCloud,
    definition,
    invoke,
    silent_about_secrets,
)
from tests.unit.shop import PREFIX

TASKDEF = f"{PREFIX}/taskdef-web.json"
VERSION = "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:210987654321:parameter/shop/key"


@pytest.fixture
def cloud(capfd: pytest.CaptureFixture[str]) -> Iterator[ReleaseCloud]:
    with silent_about_secrets(capfd) as made:
        yield made


def test_a_secret_that_is_not_there_is_refused(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.secrets.clear()
    invoke(cloud, monkeypatch)
    assert cloud.failed.startswith(
        f"secret {SECRET}:url:: (read by services.web, container app, DATABASE_URL): there is no such secret"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"SecretString": json.dumps({"uri": HIDDEN})}, "its value has no JSON key 'url'"),
        ({"SecretString": HIDDEN}, "its value is no JSON"),
        ({"SecretString": json.dumps([HIDDEN])}, "its value is no JSON object"),
        ({"SecretBinary": b"x"}, "its value is no JSON"),
    ],
)
def test_a_secret_without_the_key_is_refused_and_never_shown(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, value: dict[str, Any], said: str
) -> None:
    cloud.secrets[SECRET] = value
    invoke(cloud, monkeypatch)
    assert said in cloud.failed


def test_a_secret_that_is_to_be_deleted_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.errors["GetSecretValue"] = "InvalidRequestException"
    invoke(cloud, monkeypatch)
    assert "is to be deleted" in cloud.failed


@pytest.mark.parametrize(
    ("end", "asked"),
    [("::old:", {"VersionStage": "old"}), (f":::{VERSION}", {"VersionId": VERSION}), ("", {})],
)
def test_the_version_that_is_named_is_the_one_that_is_looked_for(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, end: str, asked: dict[str, str]
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition()).replace(f"{SECRET}:url::", f"{SECRET}{end}")
    cloud.secrets[SECRET] |= {"versions": ["AWSCURRENT"]}
    invoke(cloud, monkeypatch)
    assert cloud.called("GetSecretValue") == [{"SecretId": SECRET, **asked}]
    assert cloud.succeeded if not asked else "no such version" in cloud.failed


def test_a_version_that_secrets_manager_could_not_have_is_refused(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition()).replace(f"{SECRET}:url::", f"{SECRET}:::v1")
    invoke(cloud, monkeypatch)
    assert "no such version" in cloud.failed


def test_the_secrets_of_the_migration_are_looked_for_where_its_build_reads_them(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SECRET.replace("database", "migration")
    cloud.variables = [
        {"name": "DELIVERY_VALUE_0", "value": f"{other}:password", "type": "SECRETS_MANAGER"},
        {"name": "DELIVERY_VALUE_1", "value": "/shop/user", "type": "PARAMETER_STORE"},
    ]
    invoke(cloud, monkeypatch)
    assert f"secret {other}:password:: (read by migration): there is no such secret" in cloud.failed
    assert "parameter /shop/user (read by migration): there is no such parameter" in cloud.failed


def test_a_parameter_is_looked_for_in_its_own_region_and_never_decrypted(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition()).replace(f"{SECRET}:url::", PARAMETER_ARN)
    cloud.parameters.add(PARAMETER_ARN)
    invoke(cloud, monkeypatch)
    assert cloud.succeeded
    asked = ("ssm eu-west-1", "GetParameters", {"Names": [PARAMETER_ARN], "WithDecryption": False})
    assert asked in cloud.calls


@pytest.mark.parametrize("code", ["AccessDeniedException", "DecryptionFailure"])
def test_a_secret_that_only_a_task_may_read_is_not_judged(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    cloud.errors["GetSecretValue"] = code
    invoke(cloud, monkeypatch)
    summary = cloud.succeeded["executionDetails"]["summary"]
    assert "could not be looked at by this function, and is not judged" in summary


def test_a_parameter_that_only_a_task_may_read_is_not_judged(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition()).replace(f"{SECRET}:url::", PARAMETER_ARN)
    cloud.errors["GetParameters"] = "AccessDeniedException"
    invoke(cloud, monkeypatch)
    assert PARAMETER_ARN in cloud.succeeded["executionDetails"]["summary"]


def test_what_stands_in_a_secrets_place_and_is_none_is_not_repeated(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.objects[TASKDEF] = json.dumps(definition()).replace(f"{SECRET}:url::", f"{HIDDEN}!")
    invoke(cloud, monkeypatch)
    assert "what stands there is no reference to one" in cloud.failed
