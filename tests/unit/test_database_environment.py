"""Plain variables that name a database of AWS mean the rehearsal's; every other value stays as it is.

Endpoints: Amazon RDS User Guide, CHAP_CommonTasks.Connect and rds-proxy-connecting; Amazon Aurora User Guide,
Aurora.Overview.Endpoints and aurora-global-database-connecting.
"""

import json
from typing import Any

import pytest

from rehearsal.evaluation.database_environment import as_exported, names_a_database, point
from rehearsal.evaluation.database_texts import hosts, pointed
from rehearsal.host.database_address import Address

INSTANCE = "shop.c9akciq32rgw.eu-central-1.rds.amazonaws.com"
CLUSTER = "shop.cluster-c9akciq32rgw.eu-central-1.rds.amazonaws.com"
HERE = Address("postgres", "127.7.7.7", 5433, "app", "p@ss/word", "app")
MYSQL = Address("mysql", "127.7.7.7", 3306, "app", "pass", "app")
QUOTED = "app:p%40ss%2Fword"

DATABASES = [
    INSTANCE,
    CLUSTER,
    "shop.cluster-ro-c9akciq32rgw.us-east-1.rds.amazonaws.com",
    "reports.cluster-custom-c9akciq32rgw.us-east-1.rds.amazonaws.com",
    "shop.proxy-c9akciq32rgw.us-east-1.rds.amazonaws.com",
    "read-only.endpoint.proxy-c9akciq32rgw.us-east-1.rds.amazonaws.com",
    "shop.global-c9akciq32rgw.global.rds.amazonaws.com",
    "shop.shardgrp-c9akciq32rgw.us-east-1.rds.amazonaws.com",
    "shop.c9akciq32rgw.us-gov-west-1.rds.amazonaws.com",
    "shop.c9akciq32rgw.rds.cn-north-1.amazonaws.com.cn",
    "shop.cluster-c9akciq32rgw.cn-northwest-1.rds.amazonaws.com.cn",
]

OTHERS = [
    "db.internal",
    "postgres://shop:pw@db.shop.io:5432/shop",
    "rds.eu-central-1.amazonaws.com",
    "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
    "shop.c9akciq32rgw.eu-central-1.docdb.amazonaws.com",
    "shop.c9akciq32rgw.eu-central-1.redshift.amazonaws.com",
    "shop.abc123.ng.0001.euc1.cache.amazonaws.com",
    f"{INSTANCE}.shop.io",
    f"{INSTANCE}mon",
    "eu-central-1.rds.amazonaws.com",
    "",
    "5432",
]


@pytest.mark.parametrize("host", [*DATABASES, INSTANCE.upper(), f"{INSTANCE}."])
def test_a_host_of_rds_and_aurora_is_known(host: str) -> None:
    assert hosts(host) == [host.lower().rstrip(".")]
    assert pointed(host, HERE) == HERE.host
    assert pointed(f"{host}:5432", HERE) == f"{HERE.host}:{HERE.port}"


@pytest.mark.parametrize("text", OTHERS)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert not hosts(text)
    assert pointed(text, HERE) == text
    config = stack({"DATABASE_URL": text})
    assert not names_a_database(config)
    assert point(config, HERE).config == config


@pytest.mark.parametrize("text", ["x", "a.", "a-", "a:", "a@", "a=", "host=", "://", "x://a@"])
def test_a_long_value_is_looked_through_in_no_time(text: str) -> None:
    """Forty kilobytes; whatever looks at every place from every place would take minutes."""
    long = text * (40_000 // len(text))
    assert pointed(long, HERE) == long
    assert (pointed(f"{long} {INSTANCE}", HERE) or "").endswith(f" {HERE.host}")


@pytest.mark.parametrize(
    ("text", "now"),
    [
        (f"redis://cache:6379,{INSTANCE}:5432", "redis://cache:6379,127.7.7.7:5433"),
        (f"postgres://shop:secret@{INSTANCE}:5432/shop", f"postgres://{QUOTED}@127.7.7.7:5433/app"),
        (f"postgresql+psycopg://{INSTANCE}/shop?sslmode=require", "postgresql+psycopg://127.7.7.7:5433/app?sslmode=require"),
        (f"jdbc:postgresql://{CLUSTER}/shop?user=shop&password=x#y", "jdbc:postgresql://127.7.7.7:5433/app?user=app&password=p%40ss%2Fword#y"),
        (f"jdbc:aws-wrapper:postgresql://{CLUSTER}:5432/shop", "jdbc:aws-wrapper:postgresql://127.7.7.7:5433/app"),
        (f"postgres://shop:se@cret@{CLUSTER},{DATABASES[2]}:5432/shop", f"postgres://{QUOTED}@127.7.7.7:5433/app"),
        (f"-Durl=postgres://{INSTANCE}/shop -Dx=1", "-Durl=postgres://127.7.7.7:5433/app -Dx=1"),
        (f"host={INSTANCE} user=shop password='a b' dbname=shop sslmode=require", "host=127.7.7.7 user=app password=p@ss/word dbname=app sslmode=require port=5433"),
        (f"Host={INSTANCE};Port=5432;User Id=shop;Password=x;Database=shop;", "Host=127.7.7.7;Port=5433;User Id=app;Password=p@ss/word;Database=app;"),
        (f"{CLUSTER},{INSTANCE}", "127.7.7.7,127.7.7.7"),
    ],
)  # fmt: skip
def test_a_text_around_a_host_keeps_its_form_and_gets_every_part(text: str, now: str) -> None:
    assert pointed(text, HERE) == now


def test_a_json_object_gets_the_parts_that_it_has() -> None:
    text = json.dumps({"host": INSTANCE, "port": 5432, "username": "shop", "password": "x", "schema": "s"})
    assert json.loads(pointed(text, HERE) or "") == {
        "host": "127.7.7.7", "port": 5433, "username": "app", "password": "p@ss/word", "schema": "s",
    }  # fmt: skip


def test_gos_mysql_driver_is_told_in_its_own_form() -> None:
    text = f"shop:pw@tcp({INSTANCE}:3306)/shop?parseTime=true"
    assert pointed(text, MYSQL) == "app:pass@tcp(127.7.7.7:3306)/app?parseTime=true"


@pytest.mark.parametrize(
    "text",
    [
        f"mysql://shop:pw@{INSTANCE}/shop",
        f"jdbc:sqlserver://{INSTANCE}:1433;databaseName=shop",
        f"jdbc:oracle:thin:@{INSTANCE}:1521/shop",
        f"shop:pw@tcp({INSTANCE})/shop",
    ],
)
def test_a_text_of_another_engine_is_left_and_said(text: str) -> None:
    assert pointed(text, HERE) is None
    config = stack({"DATABASE_URL": text})
    made = point(config, HERE)
    assert made.config == config
    assert (list(made.done), len(made.left)) == ([], 1)
    assert made.left[0].startswith("DATABASE_URL of web: as declared")
    assert "pw" not in made.left[0]


def stack(
    web: dict[str, Any], migration: dict[str, Any] | None = None, side: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "aws:region": "eu-central-1",
        "delivery:migration": {"command": ["true"], "environment": migration or {}},
        "delivery:services": {
            "web": {"environment": web, "sidecars": [{"name": "side", "environment": side or {}}]},
            "api": {},
        },
    }


def test_every_reader_is_pointed_and_said_by_name_without_a_value() -> None:
    secret = f"postgres://shop:hush@{CLUSTER}/shop"
    before = stack({"DB_HOST": INSTANCE}, {"DATABASE_URL": secret}, {"UPSTREAM": f"{CLUSTER}:5432"})
    made = point(before, HERE)
    assert made.config == stack(
        {"DB_HOST": "127.7.7.7"},
        {"DATABASE_URL": f"postgres://{QUOTED}@127.7.7.7:5433/app"},
        {"UPSTREAM": "127.7.7.7:5433"},
    )
    assert before["delivery:migration"]["environment"]["DATABASE_URL"] == secret, "the caller's own stays"
    [line] = made.done
    assert line.startswith(
        "DATABASE_URL of migration, DB_HOST of web, UPSTREAM of web/side: the rehearsal's own"
    )
    assert line.endswith(f"in place of {CLUSTER}, {INSTANCE}")
    assert not made.left


def test_what_stands_beside_a_host_is_of_the_same_database() -> None:
    """With the host alone an application would log in to the rehearsal's database as somebody it does not know."""
    own = {
        "PORT": "8080",
        "USER": "web",
        "APP_NAME": "shop",
        "CACHE_PORT": "6379",
        "DB_POOL": "5",
        "DB_HOSTS": "x",
    }
    parts = {"DB_PORT": 5432, "DB_USER": "shop", "DB_PASSWORD": "hush", "DB_NAME": "shop"}
    made = point(stack({**own, "DB_HOST": INSTANCE, **parts}, {"DB_NAME": "shop"}), HERE)
    assert made.config["delivery:services"]["web"]["environment"] == {
        **own,
        "DB_HOST": "127.7.7.7",
        "DB_PORT": "5433",
        "DB_USER": "app",
        "DB_PASSWORD": "p@ss/word",
        "DB_NAME": "app",
    }
    assert made.config["delivery:migration"]["environment"] == {"DB_NAME": "shop"}, "a reader of no host"
    assert "hush" not in str(made.done)
    assert "p@ss" not in str(made.done)


@pytest.mark.parametrize("name", ["HOST", "URL"])
def test_a_variable_called_host_has_nothing_beside_it(name: str) -> None:
    made = point(stack({name: INSTANCE, "PORT": "8080", "USER": "web"}), HERE)
    assert made.config == stack({name: "127.7.7.7", "PORT": "8080", "USER": "web"})


def test_readers_that_share_their_variables_by_a_yaml_alias_are_each_pointed() -> None:
    shared = {"DB_HOST": INSTANCE}
    made = point(stack(shared, shared), HERE)
    assert made.done[0].startswith("DB_HOST of migration, DB_HOST of web: ")
    assert shared == {"DB_HOST": INSTANCE}


def test_an_exported_stack_is_left_alone_and_says_so() -> None:
    config = stack({"DB_HOST": INSTANCE})
    made = as_exported(config)
    assert (made.config, list(made.done)) == (config, [])
    assert list(made.left) == ["DB_HOST of web: as exported, a host that nothing here reaches"]
