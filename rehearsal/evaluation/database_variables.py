"""Which variables and secrets mean the application's database, by the names that frameworks and RDS give them.

A rule of ours, for want of anything that says it: README and docs/fidelity.md repeat it. Everything it does not know is made
up, and said to be.
"""

import re
from collections.abc import Collection, Mapping

from rehearsal.host.database_address import Address

_WORDS = r"(?:DB|DATABASE|PG|POSTGRES|POSTGRESQL|PSQL|MYSQL|MARIADB|RDS|AURORA|SQL|SQLALCHEMY|DATASOURCE|TYPEORM|PRISMA|FLYWAY|LIQUIBASE_COMMAND)"
_URL = re.compile(
    rf"(?:.*_)?{_WORDS}_?(?:JDBC_)?(?:URL|URI|DSN)|(?:.*_)?JDBC_URL|(?:.*_)?DATASOURCE_JDBC_URL"
)
_JDBC = re.compile(r"(?:.*_)?(?:JDBC|DATASOURCE|FLYWAY|LIQUIBASE)(?:_.*)?")
_WHOLE = re.compile(rf"(?:.*_)?{_WORDS}_?(?:SECRET|CREDENTIALS|CREDS|CONFIG|CONNECTION)(?:_JSON)?")
_PART = re.compile(
    rf"(?:.*_)?{_WORDS}_?(?P<part>HOST|HOSTNAME|SERVER|ADDRESS|ENDPOINT|PORT|USER|USERNAME|LOGIN|PASSWORD|PASS|PASSWD|PWD|NAME|DBNAME|DATABASE|DB|ENGINE)"
)
_OTHERS = re.compile(
    r"(?:.*_)?(?:REDIS|VALKEY|MEMCACHED|SMTP|MAIL|MAILER|AMQP|RABBIT|RABBITMQ|KAFKA|MONGO|MONGODB|DOCDB|ELASTICSEARCH|"
    r"OPENSEARCH|CLICKHOUSE|REDSHIFT|SNOWFLAKE|LDAP|FTP|SFTP)(?:_.*)?|.*(?:REDIS|MONGO|RABBIT|SMTP).*"
)
_FIELD = {
    "HOST": "host", "HOSTNAME": "host", "SERVER": "host", "ADDRESS": "host", "ENDPOINT": "host",
    "PORT": "port",
    "USER": "username", "USERNAME": "username", "LOGIN": "username",
    "PASSWORD": "password", "PASS": "password", "PASSWD": "password", "PWD": "password",
    "NAME": "dbname", "DBNAME": "dbname", "DATABASE": "dbname", "DB": "dbname",
    "ENGINE": "engine",
}  # fmt: skip
_KEYS = frozenset(
    {
        "engine",
        "host",
        "username",
        "password",
        "dbname",
        "port",
        "dbInstanceIdentifier",
        "dbClusterIdentifier",
    }
)
"""Secrets Manager User Guide, reference_secret_json_structure, "Amazon RDS and Aurora credentials"."""

_MANAGED = "rds!"
_MANAGED_KEYS = frozenset({"username", "password"})


def named(variable: str, database: Address) -> str | int | None:
    """The value of a variable that is named like a database's; None for any other."""
    name = re.sub(r"[^A-Z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", variable).upper()).strip("_")
    if _OTHERS.fullmatch(name):
        return None
    if _URL.fullmatch(name):
        return database.jdbc if _JDBC.fullmatch(name) else database.url
    if match := _PART.fullmatch(name):
        return database.fields[_FIELD[match["part"]]]
    return None


def whole(variable: str) -> bool:
    """Whether a variable that gets a secret's whole text is named like a database's credentials, which are JSON."""
    return _WHOLE.fullmatch(variable.upper()) is not None


def managed(secret: str) -> bool:
    """Whether RDS itself manages a secret of this name."""
    return secret.startswith(_MANAGED)


def document(
    secret: str, keys: Collection[str], variables: Collection[str], database: Address
) -> Mapping[str, str | int]:
    """The JSON of a secret that is a database's; empty for any other.

    `rds!…` is RDS's own, which holds user name and password and nothing else (Amazon RDS User Guide, rds-secrets-manager).
    Another is a database's when all keys that the stack reads are RDS's and host, or user name and password, are among
    them, unless a variable that reads it is named after something else, such as REDIS_HOST.
    """
    if managed(secret):
        return {key: value for key, value in database.fields.items() if key in _MANAGED_KEYS}
    if any(_OTHERS.fullmatch(one.upper()) for one in variables):
        return {}
    known = set(keys) and set(keys) <= _KEYS and ("host" in keys or set(keys) >= _MANAGED_KEYS)
    credentials = not set(keys) and any(whole(one) for one in variables)
    if not known and not credentials:
        return {}
    return {
        **database.fields,
        **({"dbClusterIdentifier": "rehearsal"} if "dbClusterIdentifier" in keys else {}),
    }
