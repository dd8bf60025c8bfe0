"""The sample application: what a newcomer's first release is made of."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from rehearsal.host.ports import free_port
from rehearsal.host.postgres import Postgres
from rehearsal.host.processes import Child, Processes
from rehearsal.images import image
from rehearsal.levels.process import layers

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RELEASES = {"v1": [], "v2": [EXAMPLES / "releases/v2"], "v3": [EXAMPLES / "releases/v3-broken"]}


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as running:
        yield running


@pytest.fixture(scope="module")
def postgres(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(processes, tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    return postgres.create_database(f"d{abs(hash(request.node.name))}").url


@pytest.fixture
def release(tmp_path: Path) -> Callable[[str], Path]:
    """A release's files as its image holds them."""

    def unpack(version: str) -> Path:
        packed = image.pack(EXAMPLES / "app", overlays=RELEASES[version])
        layers.unpack(packed.blobs[1].content, tmp_path / version)
        return tmp_path / version / "app"

    return unpack


def migrate(folder: Path, url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "migrate.py"],
        cwd=folder,
        env={"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


class App:
    def __init__(self, processes: Processes, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.child: Child = processes.start(
            [sys.executable, "app.py"],
            environment={"PORT": str(self.port), "HOST": "127.0.0.1", **environment},
            folder=folder,
            log=folder / "log",
        )
        deadline = time.monotonic() + 10
        while not self.child.tail() and time.monotonic() < deadline:
            time.sleep(0.01)

    def get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def test_two_releases_migrate_one_after_the_other(release: Callable[[str], Path], url: str) -> None:
    first = migrate(release("v1"), url)
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, "0001_create_orders.sql: applied")
    second = migrate(release("v2"), url)
    assert second.stdout.splitlines() == [
        "0001_create_orders.sql: already applied",
        "0002_add_quantity.sql: applying",
        "0002_add_quantity.sql: applied",
    ]


def test_a_broken_migration_ends_with_postgress_own_message_and_changes_nothing(
    release: Callable[[str], Path], url: str
) -> None:
    assert migrate(release("v2"), url).returncode == 0
    broken = migrate(release("v3"), url)
    assert broken.returncode == 1
    assert broken.stdout.splitlines()[-2:] == [
        "0003_require_customer.sql: applying",
        'migration failed: ERROR:  column "customer" of relation "orders" contains null values',
    ]
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"
        )
        assert "customer" not in {name for (name,) in columns}, "the file's first statement is undone as well"
        names = connection.execute("SELECT name FROM schema_migrations ORDER BY name").fetchall()
    assert names == [("0001_create_orders.sql",), ("0002_add_quantity.sql",)]


def test_two_migrations_at_once_apply_each_file_once(release: Callable[[str], Path], url: str) -> None:
    folder = release("v2")
    done: list[subprocess.CompletedProcess[str]] = []
    threads = [threading.Thread(target=lambda: done.append(migrate(folder, url))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.returncode for one in done] == [0, 0], [one.stdout for one in done]
    assert sum(one.stdout.count(": applied") for one in done) == 2


@pytest.mark.parametrize(
    "url_given", ["postgresql://app:pa55word@127.0.0.1:1/x", "postgresql:/app:pa55word", ""]
)
def test_a_database_url_is_never_printed(release: Callable[[str], Path], url_given: str) -> None:
    failed = migrate(release("v1"), url_given)
    assert failed.returncode == 1
    assert "pa55word" not in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr


def test_it_shows_its_version_its_migrations_and_its_orders(
    release: Callable[[str], Path], url: str, processes: Processes
) -> None:
    folder = release("v1")
    migrate(folder, url)
    app = App(processes, folder, DATABASE_URL=url)
    assert app.get("/") == (200, {"version": "v1", "migrations": ["0001_create_orders.sql"], "orders": 3})
    assert app.get("/nothing")[0] == 404
    assert processes.stop(app.child) == 0


def test_it_is_healthy_without_its_database_and_says_what_is_wrong(
    release: Callable[[str], Path], processes: Processes
) -> None:
    app = App(processes, release("v1"), DATABASE_URL="postgresql://app:pa55word@127.0.0.1:1/x")
    assert app.get("/healthz") == (200, {"status": "ok", "version": "v1"})
    status, told = app.get("/")
    assert (status, told["error"]) == (503, "OperationalError")
    assert processes.stop(app.child) == 0
    assert "pa55word" not in "\n".join(app.child.tail(99))


@pytest.mark.parametrize(
    ("elsewhere", "said"),
    [
        (None, "3 orders"),
        ("postgresql://app:hush@127.0.0.1:1/app", "the database does not answer: OperationalError"),
    ],
)
def test_the_worker_says_what_it_sees_and_ends_on_term(
    release: Callable[[str], Path], processes: Processes, url: str, elsewhere: str | None, said: str
) -> None:
    folder = release("v1")
    migrate(folder, url)
    log = folder / "log"
    child = processes.start(
        [sys.executable, "worker.py"], environment={"DATABASE_URL": elsewhere or url}, folder=folder, log=log
    )
    deadline = time.monotonic() + 10
    while not child.tail() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.tail() == [f"version v1: {said}"], "and no address, which may hold a password"
    child.process.terminate()
    assert child.process.wait(10) == 0


def test_on_term_a_request_in_flight_is_finished(
    release: Callable[[str], Path], url: str, processes: Processes
) -> None:
    folder = release("v1")
    migrate(folder, url)
    app = App(processes, folder, DATABASE_URL=url)
    answers: list[tuple[int, Any]] = []
    with psycopg.connect(url) as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")  # the request now waits for us
        asking = threading.Thread(target=lambda: answers.append(app.get("/")))
        asking.start()
        time.sleep(0.3)
        app.child.signal()
        time.sleep(0.3)
        assert app.child.poll() is None, "it waits for the request"
        with pytest.raises(OSError, match="refused"):
            app.get("/healthz")
    asking.join()
    assert answers
    assert answers[0][0] == 200
    assert app.child.process.wait(5) == 0


def test_the_workflow_pushes_one_plain_image_under_a_unique_and_the_stacks_tag() -> None:
    workflow = yaml.safe_load((EXAMPLES / "app/.github/workflows/release.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    steps = workflow["jobs"]["push-image"]["steps"]
    names = [step["uses"].partition("@")[0] for step in steps]
    assert names.index("aws-actions/configure-aws-credentials") < names.index("aws-actions/amazon-ecr-login")
    build = steps[names.index("docker/build-push-action")]["with"]
    assert build["provenance"] is False, "an attestation would make the tag name an index"
    unique, stack = build["tags"].splitlines()
    assert unique.endswith(":${{ github.sha }}-${{ github.run_id }}-${{ github.run_attempt }}"), (
        "a re-run needs a new one"
    )
    assert stack.endswith(":${{ vars.STACK_TAG }}")
