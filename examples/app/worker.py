"""A small worker beside the web application: counts the orders in the database until it is told to stop.

Nobody asks it anything, so it listens on no port; what it sees, it logs.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import psycopg

VERSION = Path(__file__).with_name("VERSION").read_text(encoding="utf-8").strip()
PAUSE = 5.0
"""Seconds between two looks."""


def count(database_url: str) -> int:
    """How many orders there are."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        counted = connection.execute("SELECT count(*) FROM orders").fetchone()
    return counted[0] if counted else 0


def main() -> None:
    """Look again and again until TERM; exit code 0."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    before = None
    while not stopped.is_set():
        try:
            now = count(os.environ["DATABASE_URL"])
        except psycopg.Error as error:
            # Not the text itself: a connection error may quote the address of the database.
            say(f"the database does not answer: {type(error).__name__}")
        else:
            if now != before:
                say(f"{now} orders")
            before = now
        stopped.wait(PAUSE)


def say(text: str) -> None:
    """One line of the log."""
    sys.stdout.write(f"version {VERSION}: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
