"""A task's containers as processes.

What an image says and what a task definition replaces: AmazonECS/latest/developerguide/task_definition_parameters.md
(`command` maps to CMD, `entryPoint` to ENTRYPOINT).
"""

import io
import json
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.host.processes import Processes
from rehearsal.images import image
from rehearsal.images.image import Blob, Image
from rehearsal.images.registry import Registry
from rehearsal.levels.image_reference import ImageReference
from rehearsal.levels.process.runtime import ProcessRuntime
from rehearsal.levels.process.store import Store, StoreError, machine_architecture
from rehearsal.levels.runtime import ContainerSpec, RunningTask
from tests.rehearsal.fake_registry import TOKEN, FakeRegistry, serving
from tests.rehearsal.test_image import build_folder

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
REPORT = """\
import json, os, sys
print(json.dumps({"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ), "file": __file__}))
"""
SERVE = """\
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
address = (os.environ["HOST"], int(os.environ["PORT"]))
server = http.server.HTTPServer(address, http.server.SimpleHTTPRequestHandler)
print("listening", flush=True)
server.serve_forever()
"""
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /srv/app
ENV PYTHONPATH=/srv/app/lib:/nowhere MODE=image
COPY *.py ./
COPY lib ./lib/
CMD ["python", "report.py"]
"""


class Setup:
    def __init__(self, server: FakeRegistry, processes: Processes, scratch: Path) -> None:
        self.server = server
        self.registry = Registry(server.address, lambda: TOKEN)
        self.scratch = scratch
        self.processes = processes
        self.runtime = ProcessRuntime(processes, self.registry, HOST, scratch)

    def push(self, architecture: str | None = None) -> str:
        folder = build_folder(
            self.scratch / "build",
            DOCKERFILE,
            **{"report.py": REPORT, "serve.py": SERVE, "lib/helper.py": ""},
        )
        packed = image.pack(folder, architecture=architecture or machine_architecture())
        return f"{HOST}/shop/web@{self.registry.push(packed, 'shop/web', ['stg'])}"

    def run(self, spec: ContainerSpec, *more: ContainerSpec) -> RunningTask:
        return self.runtime.run_task("task-1", [spec, *more], "256", "512")


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with serving() as server, Processes() as processes:
        yield Setup(server, processes, tmp_path)


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def reported(task: RunningTask) -> dict[str, "list[str] | str | dict[str, str]"]:
    assert until(lambda: task.exit_code() is not None)
    assert task.exit_code() == 0, task.log_tail()
    return json.loads(task.log_tail()[-1])


def test_the_images_command_runs_in_its_working_directory(setup: Setup) -> None:
    report = reported(setup.run(ContainerSpec("web", setup.push())))
    root = setup.scratch / "tasks" / "task-1" / "web" / "root"
    assert report["folder"] == str(root / "srv" / "app")
    assert report["words"] == []


def test_words_with_blanks_and_quotes_arrive_unharmed(setup: Setup) -> None:
    words = ["two words", 'it\'s "both"', "", "$HOME `x` \\n", "--flag=a b"]
    report = reported(setup.run(ContainerSpec("web", setup.push(), command=["python", "report.py", *words])))
    assert report["words"] == words


def test_another_entry_point_drops_the_images_command(setup: Setup) -> None:
    spec = ContainerSpec(
        "web", setup.push(), entry_point=["/usr/local/bin/python", "/srv/app/report.py"], command=["x"]
    )
    report = reported(setup.run(spec))
    assert report["words"] == ["x"]
    assert str(report["file"]).endswith("root/srv/app/report.py"), (
        "an absolute path of the image lies in its root"
    )


def test_the_environment_is_the_images_and_the_containers_and_nothing_of_ours(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
    monkeypatch.setenv("PYTHONPATH", "/ours")
    spec = ContainerSpec("web", setup.push(), environment={"MODE": "task", "DATABASE_URL": "postgresql://x"})
    environment = reported(setup.run(spec))["environment"]
    assert isinstance(environment, dict)
    space = str(setup.scratch / "tasks" / "task-1" / "web")
    assert environment["MODE"] == "task"
    assert environment["PYTHONPATH"] == f"{space}/root/srv/app/lib:/nowhere", (
        "a path in the image, and one that isn't"
    )
    assert environment["HOME"] == f"{space}/home", "an application's dot files stay in the scratch folder"
    assert set(environment) - {"PWD", "SHLVL", "_", "LC_CTYPE", "OLDPWD"} == {
        "DATABASE_URL", "HOME", "HOST", "LANG", "MODE", "PATH", "PYTHONPATH", "TMPDIR",
    }  # fmt: skip


def test_a_port_is_moved_to_a_free_one_and_answers_there(setup: Setup) -> None:
    reference = setup.push()
    spec = ContainerSpec(
        "web", reference, command=["python", "serve.py"], environment={"PORT": "8080"}, ports=[8080]
    )
    tasks = [setup.runtime.run_task(name, [spec], "256", "512") for name in ("blue", "green")]
    addresses = [task.address("web", 8080) for task in tasks]
    assert len(set(addresses)) == 2, "two tasks of one service run at the same time"
    for task, (host, port) in zip(tasks, addresses, strict=True):
        assert until(lambda task=task: task.log_tail() == ["listening"])
        with urllib.request.urlopen(f"http://{host}:{port}/report.py", timeout=5) as answer:
            assert answer.read().decode() == REPORT
        assert task.exit_code() is None
        task.stop(5)
        assert task.exit_code() == 0, "TERM reached the process"


def test_an_unknown_port_is_refused_by_name(setup: Setup) -> None:
    task = setup.run(ContainerSpec("web", setup.push(), ports=[8080]))
    with pytest.raises(LookupError, match="no container 'web' with port 80 in this task; declared are"):
        task.address("web", 80)


def test_a_container_that_ignores_term_is_killed(setup: Setup) -> None:
    words = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]
    task = setup.run(ContainerSpec("web", setup.push(), command=words))
    assert until(lambda: task.log_tail() == ["ready"])
    task.stop(0.1)
    assert task.exit_code() == 128 + 9, "as Docker reports a KILL"


def test_only_an_essential_containers_end_is_the_tasks(setup: Setup) -> None:
    reference = setup.push()
    web = ContainerSpec("web", reference, command=["sleep", "60"])
    setup_only = ContainerSpec("prepare", reference, command=["false"], essential=False)
    task = setup.run(web, setup_only)
    time.sleep(0.2)
    assert task.exit_code() is None
    task.stop(5)
    assert task.exit_code() == 128 + 15


def command_lines() -> str:
    return subprocess.run(
        ["/usr/bin/env", "ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    ).stdout


def test_the_command_line_shows_no_value_of_the_environment(setup: Setup) -> None:
    spec = ContainerSpec(
        "web", setup.push(), command=["sleep", "60"], environment={"DATABASE_URL": "pa55word"}
    )
    task = setup.run(spec)
    assert until(lambda: "sleep 60" in command_lines()), "otherwise the list shows nothing"
    assert "pa55word" not in command_lines()
    assert "pa55word" not in repr(task)
    assert "pa55word" not in repr(spec)


def test_an_image_of_another_registry_is_played_and_said_so(setup: Setup) -> None:
    task = setup.run(ContainerSpec("web", "public.ecr.aws/nginx/nginx:stable", ports=[80]))
    host, port = task.address("web", 80)
    assert until(lambda: bool(task.log_tail()))
    with urllib.request.urlopen(f"http://{host}:{port}/any/path", timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b"stand-in for public.ecr.aws/nginx/nginx:stable\n")
    assert getattr(task, "stands_in", None) == ("public.ecr.aws/nginx/nginx:stable",)


def test_an_image_is_fetched_once(setup: Setup) -> None:
    reference = setup.push()
    setup.server.asked.clear()
    for task_id in ("one", "two"):
        setup.runtime.run_task(task_id, [ContainerSpec("web", reference)], "256", "512")
    assert len([path for _, path in setup.server.asked if "/blobs/" in path]) == 2, "a config and a layer"


def test_a_missing_image_stops_the_task_in_ecs_words(setup: Setup) -> None:
    good = ContainerSpec("web", setup.push(), command=["sleep", "60"])
    missing = ContainerSpec("other", f"{HOST}/shop/web@sha256:{'0' * 64}")
    # AmazonECS/latest/developerguide/task_cannot_pull_image.md
    with pytest.raises(RuntimeError, match=r"CannotPullContainerError: .*Requested image not found"):
        setup.run(good, missing)
    assert not setup.processes.running(), "what was started already is stopped again"


def test_a_command_that_is_not_there_stops_the_task(setup: Setup) -> None:
    with pytest.raises(RuntimeError, match=r"CannotStartContainerError: web: .*no-such-program"):
        setup.run(ContainerSpec("web", setup.push(), command=["no-such-program"]))


def test_an_image_for_another_cpu_does_not_start(setup: Setup) -> None:
    other = "arm64" if machine_architecture() == "amd64" else "amd64"
    with pytest.raises(RuntimeError, match=f"exec format error: the image is for {other}"):
        setup.run(ContainerSpec("web", setup.push(other)))


def layered(*layers: bytes) -> Image:
    blobs = [Blob(image.LAYER, layer) for layer in layers]
    config = Blob(image.CONFIG, json.dumps({"architecture": "amd64", "os": "linux", "config": {}}).encode())
    content = {"config": config.descriptor(), "layers": [blob.descriptor() for blob in blobs]}
    return Image(Blob(image.MANIFEST, json.dumps(content).encode()), (config, *blobs))


def tar(*entries: tuple[str, bytes, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind, link in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            archive.addfile(entry, io.BytesIO())
    return buffer.getvalue()


def unpacked(setup: Setup, pushed: Image) -> Path:
    reference = ImageReference(f"{HOST}/web@{setup.registry.push(pushed, 'web', ['stg'])}")
    store = Store(setup.scratch / "store")
    store.pull(setup.registry, reference, "amd64")
    target = setup.scratch / "target"
    store.unpack(store.find(reference) or "", target)
    return target


@pytest.mark.parametrize(
    "entries",
    [
        [("../escaped", tarfile.REGTYPE, "")],
        [("a/../../escaped", tarfile.REGTYPE, "")],
        [("out", tarfile.SYMTYPE, ".."), ("out/escaped", tarfile.REGTYPE, "")],
        [("out", tarfile.SYMTYPE, "/tmp"), ("out/escaped", tarfile.REGTYPE, "")],  # noqa: S108
        [("out", tarfile.LNKTYPE, "../escaped")],
        [("../.wh.precious", tarfile.REGTYPE, "")],
        [("device", tarfile.CHRTYPE, "")],
        [("a", tarfile.SYMTYPE, "."), ("a/b", tarfile.SYMTYPE, ".."), ("b/escaped", tarfile.REGTYPE, "")],
    ],
)
def test_a_layer_that_leads_outside_is_refused(setup: Setup, entries: list[tuple[str, bytes, str]]) -> None:
    (setup.scratch / "precious").write_text("kept", encoding="utf-8")
    with pytest.raises(StoreError, match="can't be unpacked"):
        unpacked(setup, layered(tar(*entries)))
    assert not list(setup.scratch.rglob("escaped"))
    assert (setup.scratch / "precious").exists()


def test_a_file_never_goes_through_a_link_of_its_own_name(setup: Setup) -> None:
    layer = tar(("a", tarfile.REGTYPE, ""), ("b", tarfile.SYMTYPE, "a"), ("b", tarfile.REGTYPE, ""))
    root = unpacked(setup, layered(layer))
    assert not (root / "b").is_symlink()


def test_a_later_layer_can_remove_what_an_earlier_one_put_there(setup: Setup) -> None:
    first = tar(
        ("a/old", tarfile.REGTYPE, ""), ("a/kept", tarfile.REGTYPE, ""), ("b/gone", tarfile.REGTYPE, "")
    )
    second = tar(
        ("a/.wh.old", tarfile.REGTYPE, ""),
        ("b/.wh..wh..opq", tarfile.REGTYPE, ""),
        ("b/new", tarfile.REGTYPE, ""),
    )
    root = unpacked(setup, layered(first, second))
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    assert files == ["a/kept", "b/new"], "whiteouts (image-spec, layer.md)"


def test_a_blob_that_is_not_what_its_digest_says_is_refused(setup: Setup) -> None:
    reference = ImageReference(setup.push())
    for digest in setup.server.blobs:
        setup.server.blobs[digest] = b"something else"
    with pytest.raises(StoreError, match="verification failed for digest sha256:"):
        Store(setup.scratch / "store").pull(setup.registry, reference, machine_architecture())
