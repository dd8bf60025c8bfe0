"""Runs the embedded PostgreSQL until it is told to end, and writes its URL to a file once it answers.

    python -m benchmarks.bare.database FOLDER TEMPLATES URL_FILE [ADDRESS]

ADDRESS is where else it can be reached, and what the URL then says.
"""

import signal
import sys
from pathlib import Path

from rehearsal.host.postgres import Postgres
from rehearsal.host.processes import Processes
from rehearsal.levels.container.forwarder import Forwarder


def main() -> None:
    """Start, say where, wait."""
    folder, templates, said, *beyond = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            Processes() as processes,
            Postgres(processes, Path(folder), template=Path(templates)) as postgres,
            Forwarder() as forwarder,
        ):
            address = postgres.create_database("app")
            if beyond:
                forwarder.open(beyond[0], address.port, (address.host, address.port))
                address = address.at(beyond[0])
            ready = Path(said + ".part")
            ready.write_text(address.url, encoding="utf-8")
            ready.rename(said)
            signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
