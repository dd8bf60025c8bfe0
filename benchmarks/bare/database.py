"""Runs the embedded PostgreSQL until it is told to end, and writes its URL to a file once it answers.

    python -m benchmarks.bare.database FOLDER TEMPLATES URL_FILE [ADDRESS NETWORK]

ADDRESS is where it also listens, NETWORK who may log in from there.
"""

import signal
import sys
from pathlib import Path

from rehearsal.host.postgres import Postgres
from rehearsal.host.processes import Processes


def main() -> None:
    """Start, say where, wait."""
    folder, templates, said, *beyond = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    access = {"listen": ["127.0.0.1", beyond[0]], "clients": ["127.0.0.1/32", beyond[1]]} if beyond else {}
    try:
        with (
            Processes() as processes,
            Postgres(processes, Path(folder), template=Path(templates), **access) as postgres,
        ):
            postgres.create_database("app")
            host = beyond[0] if beyond else "127.0.0.1"
            ready = Path(said + ".part")
            ready.write_text(postgres.url("app", host), encoding="utf-8")
            ready.rename(said)
            signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
