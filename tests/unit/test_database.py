"""A database's address in every form, and what `--database` and `--dump` take."""

from pathlib import Path

import pytest

from rehearsal.errors import UsageError
from rehearsal.evaluation import database_variables
from rehearsal.host.database_address import MYSQL, POSTGRES, Address, address_of, engine_of, wanted

HERE = Address(POSTGRES, "db.internal", 5432, "app", "p@ss/w:rd?", "shop")
MY = Address(MYSQL, "db.internal", 3306, "admin", "secret", "shop")


def test_a_password_with_any_character_survives_the_url() -> None:
    back = address_of(HERE.at("127.0.0.1").url)
    assert back == HERE.at("127.0.0.1"), "what the URL says is what was meant"


def test_javas_url_carries_user_and_password_of_its_own() -> None:
    assert HERE.jdbc == "jdbc:postgresql://db.internal:5432/shop?user=app&password=p%40ss%2Fw%3Ard%3F"
    assert MY.jdbc.startswith("jdbc:mysql://db.internal:3306/shop?user=admin")


def test_an_address_never_shows_its_password() -> None:
    assert HERE.password not in f"{HERE} {HERE!r}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", HERE.url),
        ("DB_URL", HERE.url),
        ("PRIMARY_DATABASE_URL", HERE.url),
        ("SQLALCHEMY_DATABASE_URI", HERE.url),
        ("POSTGRES_URL", HERE.url),
        ("SPRING_DATASOURCE_URL", HERE.jdbc),
        ("spring.datasource.url", HERE.jdbc),
        ("QUARKUS_DATASOURCE_JDBC_URL", HERE.jdbc),
        ("FLYWAY_URL", HERE.jdbc),
        ("JDBC_DATABASE_URL", HERE.jdbc),
        ("SPRING_DATASOURCE_USERNAME", "app"),
        ("PGHOST", "db.internal"),
        ("PGPASSWORD", "p@ss/w:rd?"),
        ("DB_HOST", "db.internal"),
        ("DATABASE_PORT", 5432),
        ("POSTGRES_DB", "shop"),
        ("MYAPP_DB_USER", "app"),
        ("dbPassword", "p@ss/w:rd?"),
        ("REDIS_URL", None),
        ("REDIS_DB_HOST", None),
        ("RAILS_MASTER_KEY", None),
        ("PORT", None),
        ("API_URL", None),
        ("SMTP_PASSWORD", None),
        ("ADMIN_PASSWORD", None),
    ],
)
def test_a_variable_named_like_a_databases_gets_it_and_no_other_does(
    variable: str, value: str | int | None
) -> None:
    assert database_variables.named(variable, HERE) == value


def test_a_secret_with_rdss_keys_is_the_database_and_one_of_redis_is_not() -> None:
    keys = {"host", "port", "username", "password"}
    assert database_variables.document("shop/db", keys, ["DB_HOST"], HERE)["host"] == "db.internal"
    assert database_variables.document("shop/db", {"username", "password"}, ["A", "B"], HERE)["port"] == 5432
    assert not database_variables.document("shop/cache", keys, ["REDIS_HOST"], HERE)
    assert not database_variables.document("shop/admin", {"password"}, ["ADMIN_PASSWORD"], HERE)
    assert not database_variables.document("shop/x", {"host", "region"}, ["X"], HERE), (
        "region is no key of RDS's"
    )


def test_the_secret_that_rds_manages_holds_user_and_password_only() -> None:
    # Amazon RDS User Guide, rds-secrets-manager
    made = database_variables.document("rds!db-1234", {"host"}, ["DB_HOST"], HERE)
    assert dict(made) == {"username": "app", "password": "p@ss/w:rd?"}


def test_the_stacks_port_says_the_engine() -> None:
    assert engine_of(3306) == MYSQL
    assert [engine_of(5432), engine_of(None), engine_of(6432)] == [POSTGRES] * 3


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://a:b@127.0.0.1/x", "the scheme oracle"),
        ("sqlite", "neither an engine"),
        ("postgres://a:b@127.0.0.1:99999/x", "the port"),
        ("postgres://a:s3cret@127.0.0.1", "without a database name"),
        ("postgres://127.0.0.1/x", "without a user"),
        ("postgres://a:s3cret@/x", "without a host"),
        ("postgres://a:s3cret@192.0.2.7/x", "loopback"),
        ("postgres://a:s3cret@no-such-host.invalid/x", "loopback"),
    ],
)
def test_what_is_no_database_of_this_machine_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        wanted(url, None)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "POSTGRESQL"])
def test_every_drivers_scheme_means_its_engine(scheme: str) -> None:
    assert address_of(f"{scheme}://a:b@localhost/x?sslmode=disable").engine == POSTGRES
    assert address_of("mysql2://a:b@[::1]:3307/x").port == 3307


def test_the_url_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgres://a:b@127.0.0.1/x\n", encoding="utf-8")
    own = wanted(f"@{file}", None).own
    assert own
    assert own.port == 5432
    with pytest.raises(UsageError, match="can't be read"):
        wanted(f"@{tmp_path}/none", None)


def test_a_dump_must_be_there_and_never_goes_into_a_database_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        wanted(None, tmp_path / "none.sql")
    (tmp_path / "x.sql").touch()
    with pytest.raises(UsageError, match="used as it is"):
        wanted("postgres://a:b@127.0.0.1/x", tmp_path / "x.sql")
    assert wanted("mysql", tmp_path / "x.sql").engine == MYSQL
