"""Somebody's own application at level process: a folder with its Dockerfile, whatever it answers and however it is built."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.choosing import chosen, load
from delivery.options import Options
from delivery.playing import run
from rehearsal.errors import ApplicationError, UsageError
from rehearsal.evaluation.program import stack_config
from rehearsal.host.interruption import Interruption
from rehearsal.host.project import ROOT
from rehearsal.images import image
from rehearsal.levels.process import listening
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.levels.process.standing import labels_of
from rehearsal.levels.process.unpacked import Unpacked
from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays import sample
from rehearsal.running.starting import settings_of
from settings import Settings

WEB = """
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path in ("/up", "/page")
        self.send_response(200 if good else 404)
        self.end_headers()
        self.wfile.write(b"<html>no JSON, no version: %s" % os.environ["EDITION"].encode())
    def log_message(self, *_):
        pass
host, _, port = sys.argv[sys.argv.index("--bind") + 1].partition(":")
http.server.ThreadingHTTPServer((host, int(port)), Page).serve_forever()
"""
MIGRATE = (
    "import os; assert os.environ['DB_URL'].startswith('postgres'); print('schema is as it should be')\n"
)
DOCKERFILE = """FROM node:22 AS assets
WORKDIR /src
COPY page.css ./
RUN <<EOF
npm run build
EOF
FROM python:3.12-slim AS base
ENV EDITION={edition}
FROM base
WORKDIR /srv
COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/
COPY --from=assets /src/page.css static/
COPY --from=assets /src/dist static/dist
RUN pip install flask
COPY web.py migrate.py ./
CMD ["python", "web.py", "--bind", "0.0.0.0:9000"]
"""


def folder(place: Path, edition: str, dockerfile: str = DOCKERFILE) -> Path:
    contents = {
        "Dockerfile": dockerfile.format(edition=edition),
        "web.py": WEB,
        "migrate.py": MIGRATE,
        "page.css": "body {}",
    }
    made = place / edition
    made.mkdir()
    for name, content in contents.items():
        (made / name).write_text(content, encoding="utf-8")
    return made


def stack_file(place: Path, **service: Any) -> Path:
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    config = document["config"]
    secrets = config["delivery:migration"].pop("secrets")
    config["delivery:migration"] |= {
        "command": ["python", "migrate.py"],
        "secrets": {"DB_URL": secrets["DATABASE_URL"]},
    }
    config["delivery:services"]["web"] |= {
        "port": 9000,
        "healthCheck": {"path": "/up"},
        "secrets": {},
        **service,
    }
    path = place / "Pulumi.own.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def stg(**migration: Any) -> Settings:
    config = stack_config("stg")
    config["delivery:migration"] |= migration
    return settings_of(config)


def test_an_own_application_is_released_over_its_previous_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(
        stack_file=stack_file(tmp_path),
        level="process",
        app=folder(tmp_path, "second"),
        previous=str(folder(tmp_path, "first")),
        traffic_path=["/page", "/up"],
        traffic_concurrency=2,
        as_json=True,
    )
    code = run(options, Interruption())
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert code == 0, report
    assert "not done at level process: FROM node:22 AS assets; RUN <<EOF" in told.err
    assert "COPY --from=assets /src/dist static/dist" in told.err, "what a stage would have made, and did not"
    assert [one["status"] for one in report["releases"]] == ["Succeeded", "Succeeded"]
    digests = [one["digest"] for one in report["releases"]]
    (scenario,) = report["scenarios"]
    verdict = scenario["verdict"]
    assert verdict["now"][0]["digest"] == digests[1], "known by its image: the page says no version"
    assert verdict["now"][0]["version"] == f"the folder {options.app}"
    assert set(verdict["answeredBy"]) == {
        "the bootstrap image",
        f"the folder {options.previous}",
        f"the folder {options.app}",
    }
    kept = "".join(file.read_text() for file in Path(report["logs"]).glob("build-*.log"))
    assert "schema is as it should be" in kept, "a migration's log is kept when it succeeds, too"


def test_a_second_stage_copies_what_the_first_has_of_the_build_folder(tmp_path: Path) -> None:
    packed = image.pack(folder(tmp_path, "one"))
    with tarfile.open(fileobj=io.BytesIO(packed.blobs[1].content)) as layer:
        files = sorted(entry.name for entry in layer if entry.isfile())
    assert files == ["srv/migrate.py", "srv/static/page.css", "srv/web.py"]
    config = json.loads(packed.blobs[0].content)["config"]
    assert "EDITION=one" in config["Env"], "a stage has the configuration of the stage it is made from"
    assert packed.not_done == (
        "FROM node:22 AS assets",
        "RUN <<EOF",
        "FROM python:3.12-slim AS base",
        "COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/",
        "RUN pip install flask",
        "COPY --from=assets /src/dist static/dist",
    )


@pytest.mark.parametrize(
    ("dockerfile", "files", "not_done"),
    [
        ("FROM a AS x\nCOPY page.css /p\nFROM b\nCOPY --from=0 /p /q\n", {"/q"}, ("FROM a AS x", "FROM b")),
        ("FROM a AS X\nCOPY page.css /p\nFROM x\nCOPY web.py /w\n", {"/p", "/w"}, ("FROM a AS X",)),
        ("FROM a\nRUN one\nFROM b\nCOPY web.py /w\n", {"/w"}, ("FROM b",)),
        (
            "FROM --platform=linux/amd64 a AS x\nFROM x\nCOPY web.py /w\n",
            {"/w"},
            ("FROM --platform=linux/amd64 a AS x",),
        ),
    ],
)
def test_stages_are_followed_by_name_and_number_and_unused_ones_are_nobodys_concern(
    tmp_path: Path, dockerfile: str, files: set[str], not_done: tuple[str, ...]
) -> None:
    packed = image.pack(folder(tmp_path, "one", dockerfile))
    assert packed.files == files
    assert packed.not_done == not_done


def test_a_program_that_only_a_real_build_would_make_is_named_before_anything_starts(tmp_path: Path) -> None:
    made = folder(
        tmp_path,
        "go",
        'FROM golang AS b\nRUN go build -o /app\nFROM scratch\nCOPY --from=b /app /app\nENTRYPOINT ["/app"]\n',
    )
    with pytest.raises(
        ApplicationError, match=r"starts '/app': level process does not do .*RUN go build -o /app"
    ) as told:
        ProcessLevel.look_at(Version("mine", made), stg())
    assert "level container" in str(told.value)
    with pytest.raises(ApplicationError, match="starts 'no-such-alembic'"):
        ProcessLevel.look_at(
            Version("mine", folder(tmp_path, "x")), stg(command=["no-such-alembic", "upgrade"])
        )


def test_a_program_of_the_folders_own_environment_stands_in(tmp_path: Path) -> None:
    made = folder(tmp_path, "x")
    program = made / ".venv" / "bin" / "own-alembic"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    notes = ProcessLevel.look_at(Version("mine", made), stg(command=["own-alembic", "upgrade"]))
    assert any("not done at level process" in note for note in notes)


@pytest.mark.parametrize("script", ["server.js", "server.mjs"])
def test_packages_that_only_a_run_step_would_install_come_from_the_folder(
    script: str, tmp_path: Path
) -> None:
    """And those that the image brings itself go first."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    folder = tmp_path / "app"
    for place, said in ((folder, "folder"), (tmp_path / "space" / "root" / "own", "image")):
        package = place / "node_modules" / "shade"
        package.mkdir(parents=True)
        (package / "index.js").write_text(f"module.exports = '{said}'", encoding="utf-8")
    unpacked = Unpacked({"config": {"Labels": labels_of(folder)}}, tmp_path / "space")
    told: list[str] = []
    for inside in ("srv", "own"):
        file = unpacked.root / inside / script
        file.parent.mkdir(exist_ok=True)
        load = "import shade from 'shade'" if script.endswith(".mjs") else "const shade = require('shade')"
        file.write_text(f"{load}; console.log(shade)", encoding="utf-8")
        launch = unpacked.launch({}, command=["node", f"/{inside}/{script}"])
        done = subprocess.run(
            [node, *launch.words[1:]], env=launch.environment, capture_output=True, text=True, check=False
        )
        told.append(done.stdout.strip() or done.stderr)
    assert told == ["folder", "image"]


def test_a_folder_without_packages_says_nothing_of_them(tmp_path: Path) -> None:
    assert labels_of(tmp_path) is None


def test_an_entry_point_that_swallows_the_migrations_command_is_hinted_at(tmp_path: Path) -> None:
    made = folder(tmp_path, "x", 'FROM a\nCOPY web.py /w\nENTRYPOINT ["python", "/w"]\n')
    notes = ProcessLevel.look_at(Version("mine", made), stg())
    assert any("the migration runs 'python /w python migrate.py'" in note for note in notes)
    assert any("set migration.entryPoint" in note for note in notes)
    replaced = ProcessLevel.look_at(Version("mine", made), stg(entryPoint=["python"]))
    assert not any("entryPoint" in note for note in replaced)


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("0.0.0.0:9000", "127.0.0.1:41000"),
        ("--bind=:9000", "--bind=127.0.0.1:41000"),
        ("--port=9000", "--port=41000"),
        ("9000", "41000"),
        (
            "exec uvicorn app --host 0.0.0.0 --port ${PORT:-9000}",
            "exec uvicorn app --host 127.0.0.1 --port ${PORT:-41000}",
        ),
        ("http://other.example:9000", "http://other.example:9000"),
        ("postgresql://x@127.0.0.1:5432/9000", "postgresql://x@127.0.0.1:5432/9000"),
        ("19000", "19000"),
        ("*", "*"),
    ],
)
def test_a_command_that_names_its_port_listens_where_this_task_may(word: str, there: str) -> None:
    assert listening.moved(word, {9000: 41000}) == there


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(app=Path("no-such-folder")), "--app no-such-folder: there is no such folder"),
        (Options(app=Path(), image="x"), "one application is released at a time"),
        (Options(previous="x"), "name that with --app or --image"),
        (Options(app=Path(), scenario=["denied"]), "about the sample application"),
        (Options(image="x", previous="./nowhere"), "--previous ./nowhere: there is no such folder"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: Options, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        chosen(options)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (None, ""),
        (["release"], ""),
        (["denied", "release"], ""),
        (["denied"], "release is played first: denied begins where it ends."),
        (["denied", "denied"], "release is played first: denied begins where it ends."),
        (
            ["denied", "broken-migration"],
            "release is played first: denied and broken-migration begin where it ends.",
        ),
    ],
)
def test_what_is_played_besides_is_said_before_it_is(names: list[str] | None, said: str) -> None:
    made = chosen(Options(scenario=names))
    assert made.played_first == said
    assert bool(said) == ("release" in made.scenarios and names is not None and "release" not in names)


@pytest.mark.parametrize(
    "options",
    [
        Options(traffic_path=["orders"]),
        Options(traffic_path=["/a b"]),
        Options(traffic_path=["/a\r\nX: y"]),
        Options(traffic_path=["/größe"]),
        Options(traffic_concurrency=0),
        Options(traffic_concurrency=101),
        Options(release_timeout=0),
    ],
)
def test_traffic_that_cannot_be_sent_is_refused(options: Options) -> None:
    with pytest.raises(UsageError, match=r"write for example|choose one"):
        load(options)


def test_an_image_is_level_containers() -> None:
    with pytest.raises(UsageError, match="rehearse it with --level container"):
        ProcessLevel.look_at(LocalImage("the image x", "x"), stg())


def test_the_sample_says_where_the_settings_ask_for_another_application() -> None:
    assert list(sample.misfits(stg())) == []
    settings = stg(command=["alembic", "upgrade", "head"], secrets={}, environment={"DB_URL": "x"})
    hint = sample.hint(settings)
    assert "the sample application examples/app was played here" in hint
    assert "migration.command is 'alembic upgrade head'" in hint
    assert "no DATABASE_URL" in hint
    assert "--app FOLDER or --image NAME" in hint
