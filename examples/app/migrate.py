"""Applies the SQL files of `migrations/` that the database doesn't have yet, in order of their names.

Each file is one transaction with its record in `schema_migrations`; a lock keeps a second run waiting. Exit
code 1 when one fails, with PostgreSQL's own message.
"""

import os
import sys
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

FOLDER = Path(__file__).with_name("migrations")
LOCK = 20_260_101
"""Any number, the same for every version of this application."""
RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


def migrate(connection: "psycopg.Connection[tuple[str]]") -> None:
    """Apply what is missing; raises psycopg.Error at the first that fails, which then left nothing behind."""
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # released with the connection
    connection.execute(RECORD)
    applied = {name for (name,) in connection.execute("SELECT name FROM schema_migrations")}
    for file in sorted(FOLDER.glob("*.sql")):
        if file.name in applied:
            say(f"{file.name}: already applied")
            continue
        say(f"{file.name}: applying")
        with connection.transaction():
            connection.execute(file.read_bytes())
            connection.execute("INSERT INTO schema_migrations (name) VALUES (%s)", (file.name,))
        say(f"{file.name}: applied")


def say(line: str) -> None:
    """Print at once: the log of a build is read while it runs."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Migrate the database of $DATABASE_URL; the exit code."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        say("DATABASE_URL is not set; give the connection URL of the database to migrate")
        return 1
    try:
        conninfo_to_dict(url)
    except psycopg.Error:  # its text quotes the URL, and with it perhaps the password
        say("DATABASE_URL can't be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
        return 1
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            migrate(connection)
    except psycopg.Error as error:
        say(f"migration failed: {error.diag.severity or 'ERROR'}:  {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
