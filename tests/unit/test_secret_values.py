"""What is stored for the secrets a stack refers to: the user's own values, the database's, or made-up ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from documents.place import Place
from rehearsal.errors import UsageError
from rehearsal.evaluation import secret_values, secrets_file
from rehearsal.evaluation.program import stack_config
from rehearsal.evaluation.secret_values import Told
from rehearsal.host.database_address import POSTGRES, Address
from settings import NAMESPACE, parse

HERE = Address(POSTGRES, "db.internal", 5432, "app", "pw", "shop")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


class Client:
    """Records what is stored, as the two services would."""

    place = Place("123456789012", "us-east-1")

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}
        self.versions: list[Mapping[str, Any]] = []

    def client(self, service: str, region: str = "") -> "Client":
        return self

    def create_secret(self, **given: Any) -> None:
        self.stored[given["Name"]] = given["SecretString"]

    def put_secret_value(self, **given: Any) -> None:
        self.versions.append(given)

    def put_parameter(self, **given: Any) -> None:
        self.stored[given["Name"]] = given["Value"]


def stored(
    monkeypatch: pytest.MonkeyPatch,
    migration: Mapping[str, str],
    web: Mapping[str, str],
    file: Path | None = None,
) -> tuple[Client, Told]:
    monkeypatch.setattr(secret_values, "give_secret_arn", lambda arn, account: None)
    config = stack_config("stg")
    document = {
        key.removeprefix(f"{NAMESPACE}:"): json.loads(json.dumps(value))
        for key, value in config.items()
        if key.startswith(NAMESPACE)
    }
    document["migration"]["secrets"] = dict(migration)
    document["services"]["web"]["secrets"] = dict(web)
    settings = parse(document)
    given = secrets_file.read(file, secret_values.readers(settings)).filled(HERE) if file else None
    client = Client()
    cloud: Any = client
    return client, secret_values.store(cloud, settings, HERE, given)


def written(folder: Path, text: str) -> Path:
    file = folder / "secrets"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def test_rdss_keys_are_filled_from_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"A": "host", "B": "port", "C": "username", "D": "password", "E": "dbname", "F": "engine"}
    given = {name: f"{ARN}shop/db-AbCdEf:{key}::" for name, key in keys.items()}
    client, told = stored(monkeypatch, given, {})
    document = json.loads(client.stored["shop/db"])
    assert {key: document[key] for key in keys.values()} == {
        "host": "db.internal", "port": 5432, "username": "app", "password": "pw", "dbname": "shop", "engine": "postgres",
    }  # fmt: skip
    assert told.made_up == []


def test_a_variable_named_like_a_databases_gets_it_whole_or_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    client, told = stored(
        monkeypatch,
        {"DATABASE_URL": f"{ARN}shop/url-AbCdEf"},
        {"SPRING_DATASOURCE_URL": f"{ARN}shop/java-AbCdEf:u::", "PGHOST": "/shop/host"},
    )
    assert client.stored["shop/url"] == HERE.url
    assert json.loads(client.stored["shop/java"]) == {"u": HERE.jdbc}
    assert client.stored["/shop/host"] == "db.internal"
    assert told.database == ["DATABASE_URL of migration", "SPRING_DATASOURCE_URL of web", "PGHOST of web"]


@pytest.mark.parametrize("reference", [f"{ARN}shop/db-AbCdEf:url::", f"{ARN}shop/db-AbCdEf", "/shop/db"])
@pytest.mark.parametrize("other", ["A1", "Z1"])
def test_a_variable_named_like_a_databases_says_it_for_all_that_read_the_same(
    monkeypatch: pytest.MonkeyPatch, reference: str, other: str
) -> None:
    """In whatever order: one stored value has one text."""
    both = dict.fromkeys(sorted([other, "DATABASE_URL"]), reference)
    client, told = stored(monkeypatch, both, {other: reference})
    [text] = client.stored.values()
    assert (json.loads(text)["url"] if ":url:" in reference else text) == HERE.url
    assert len(told.database) == 3
    assert not told.made_up


def test_what_is_made_up_is_told_by_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    client, told = stored(monkeypatch, {"RAILS_MASTER_KEY": "/shop/key"}, {"REDIS_URL": f"{ARN}r-AbCdEf"})
    assert told.made_up == ["RAILS_MASTER_KEY of migration", "REDIS_URL of web"]
    assert not any(text in line for line in told.lines() for text in client.stored.values())


@pytest.mark.parametrize(
    "entry",
    [
        "RAILS_MASTER_KEY: mine",
        "migration: {RAILS_MASTER_KEY: mine}",
        f"'{ARN}shop/rails-AbCdEf:key::': mine",
        f"'{ARN}shop/rails-AbCdEf:key': mine",
        "'shop/rails:key': mine",
        "shop/rails: {key: mine}",
        f"'{ARN}shop/rails-AbCdEf': '{{\"key\": \"mine\"}}'",
    ],
)
def test_a_file_gives_a_value_by_variable_or_by_reference(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entry: str
) -> None:
    reference = f"{ARN}shop/rails-AbCdEf:key::"
    client, told = stored(
        monkeypatch, {"RAILS_MASTER_KEY": reference}, {"KEY": reference}, written(tmp_path, entry + "\n")
    )
    assert json.loads(client.stored["shop/rails"]) == {"key": "mine"}
    assert told.given == ["RAILS_MASTER_KEY of migration", "KEY of web"], (
        "one stored value serves both readers"
    )


@pytest.mark.parametrize("entry", ["/shop/key: mine", "shop/key: mine", "KEY=mine"])
def test_a_file_gives_a_parameter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entry: str) -> None:
    client, _ = stored(monkeypatch, {"KEY": "/shop/key"}, {}, written(tmp_path, entry + "\n"))
    assert client.stored["/shop/key"] == "mine"


def test_a_whole_secret_by_its_variable_may_hold_the_json_that_others_read_keys_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = written(tmp_path, 'ALL: \'{"key": "mine"}\'\n')
    given = {"ALL": f"{ARN}s-AbCdEf", "KEY": f"{ARN}s-AbCdEf:key::"}
    client, told = stored(monkeypatch, given, {}, file)
    assert client.stored["s"] == '{"key": "mine"}'
    assert told.made_up == []


def test_one_stored_value_given_in_two_ways_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reference = f"{ARN}s-AbCdEf:key::"
    file = written(tmp_path, "migration: {A: s3cret-1}\nweb: {A: s3cret-2}\n")
    with pytest.raises(UsageError) as refused:
        stored(monkeypatch, {"A": reference}, {"A": reference}, file)
    assert "migration: A and web: A" in str(refused.value)
    assert "s3cret" not in str(refused.value)
    file = written(tmp_path, "A: s3cret-1\ns: {key: s3cret-2}\n")
    with pytest.raises(UsageError, match="several ways"):
        stored(monkeypatch, {"A": reference}, {}, file)


def test_an_entry_that_nothing_reads_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"RAILS_MASTER_KY: nothing in the stack reads it; its secrets are for A"
    ):
        stored(monkeypatch, {"A": "/a"}, {}, written(tmp_path, "RAILS_MASTER_KY: x\n"))


@pytest.mark.parametrize(("reference", "size"), [("/a", 8193), (f"{ARN}s-AbCdEf", 65_537), ("/a", 0)])
def test_what_aws_could_not_store_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reference: str, size: int
) -> None:
    # Secrets Manager User Guide, reference_limits; Systems Manager User Guide, parameter-store-advanced-parameters
    with pytest.raises(UsageError, match=f"has {size} bytes: AWS stores 1 to"):
        stored(monkeypatch, {"A": reference}, {}, written(tmp_path, f"A: '{'x' * size}'\n"))


def test_a_named_stage_or_version_is_there_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    version = "11111111-2222-3333-4444-555555555555"
    client, _ = stored(
        monkeypatch,
        {"A": f"{ARN}s-AbCdEf:k:AWSPREVIOUS:", "B": f"{ARN}s-AbCdEf:k::{version}", "C": f"{ARN}s-AbCdEf:k::"},
        {},
    )
    told = [(one.get("VersionStages"), one.get("ClientRequestToken")) for one in client.versions]
    assert (["AWSPREVIOUS"], None) in told
    assert (None, version) in told
