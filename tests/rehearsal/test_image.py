"""An application folder becomes an OCI image (opencontainers/image-spec: manifest.md, config.md, layer.md)."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.images import image
from rehearsal.images.dockerfile import DockerfileError, read
from rehearsal.images.image import Image

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG BASE=3.12-slim
FROM python:$BASE
ENV APP_HOME=/srv/app MODE="two words"
WORKDIR $APP_HOME
COPY app.py ./
RUN pip install -r requirements.txt
COPY --chown=10001:10001 sql/ ./migrations/
EXPOSE 8080
USER app
HEALTHCHECK CMD true
ENTRYPOINT ["python"]
CMD ["app.py", "--greet", "it's \\"me\\""]
"""


def build_folder(folder: Path, dockerfile: str = DOCKERFILE, **files: str) -> Path:
    contents = {"Dockerfile": dockerfile, "app.py": "print('one')\n", "sql/0001.sql": "SELECT 1;\n", **files}
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def config_of(packed: Image) -> dict[str, Any]:
    return json.loads(packed.blobs[0].content)


def files_of(packed: Image) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(packed.blobs[1].content)) as layer:
        return {entry.name: layer.extractfile(entry).read() for entry in layer if entry.isfile()}  # type: ignore[union-attr]


def test_the_image_holds_what_copy_names_where_workdir_says(tmp_path: Path) -> None:
    packed = image.pack(build_folder(tmp_path))
    assert files_of(packed) == {
        "srv/app/app.py": b"print('one')\n",
        "srv/app/migrations/0001.sql": b"SELECT 1;\n",
    }, "a copied folder puts its content, not itself, into the destination"


def test_the_config_says_what_the_dockerfile_says(tmp_path: Path) -> None:
    config = config_of(image.pack(build_folder(tmp_path), architecture="arm64"))
    assert (config["os"], config["architecture"]) == ("linux", "arm64")
    assert config["config"] == {
        "Env": ["APP_HOME=/srv/app", "MODE=two words"],
        "WorkingDir": "/srv/app",
        "ExposedPorts": {"8080/tcp": {}},
        "User": "app",
        "Entrypoint": ["python"],
        "Cmd": ["app.py", "--greet", 'it\'s "me"'],
    }


def test_what_only_a_real_build_would_do_is_said(tmp_path: Path) -> None:
    not_done = image.pack(build_folder(tmp_path)).not_done
    assert not_done == ("FROM python:$BASE", "RUN pip install -r requirements.txt", "HEALTHCHECK CMD true")


def test_a_shell_form_command_goes_to_a_shell(tmp_path: Path) -> None:
    folder = build_folder(tmp_path, "FROM scratch\nCOPY . /\nCMD python migrate.py && echo done\n")
    command = config_of(image.pack(folder))["config"]["Cmd"]
    assert command == ["/bin/sh", "-c", "python migrate.py && echo done"]


@pytest.mark.parametrize(
    ("lines", "config"),
    [
        ("ARG PORT\nENV PORT=${PORT:-8080} HOST=${HOST-0.0.0.0}", {"Env": ["PORT=8080", "HOST=0.0.0.0"]}),
        (
            "ARG PORT=9000\nENV PORT=${PORT:-8080} TLS=${PORT:+on} OFF=${NO+on}",
            {"Env": ["PORT=9000", "TLS=on", "OFF="]},
        ),
        ("ENV A=\nENV B=${A:-b} C=${A-c} D=${X:-${Y:-deep}/$A}", {"Env": ["A=", "B=b", "C=", "D=deep/"]}),
        ('ENV GREETING two  words "and more"', {"Env": ["GREETING=two  words and more"]}),
        (
            'ENV A=\'$HOME\' B="$HOME" C=\\$HOME D=a\\ b E="two  blanks"',
            {"Env": ["A=$HOME", "B=", "C=$HOME", "D=a b", "E=two  blanks"]},
        ),
        ("ENV A=1\nENV A=2 B=$A", {"Env": ["A=2", "B=1"]}),
        (
            "ARG TARGETARCH\nARG V\nENV ARCH=$TARGETARCH V=$V OS=$TARGETOS",
            {"Env": ["ARCH=arm64", "V=1.2", "OS="]},
        ),
        ("ENTRYPOINT []\nCMD []", {"Entrypoint": [], "Cmd": []}),
        (
            'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nCMD a  | b',
            {"Cmd": ["/bin/bash", "-euo", "pipefail", "-c", "a  | b"]},
        ),
        ('CMD ["a", 1]', {"Cmd": ["/bin/sh", "-c", '["a", 1]']}),
        ("ENV P=8443\nEXPOSE $P 80/TCP", {"Env": ["P=8443"], "ExposedPorts": {"8443/tcp": {}, "80/tcp": {}}}),
        ('LABEL a.b="c d" e=f', {"Labels": {"a.b": "c d", "e": "f"}}),
        ("WORKDIR /srv\nWORKDIR ${SUB:-app}", {"WorkingDir": "/srv/app"}),
    ],
)
def test_variables_quotes_and_lists_are_read_as_docker_reads_them(lines: str, config: dict[str, Any]) -> None:
    """Docker documentation, Dockerfile reference: "Environment replacement", "Shell and exec form", "ARG", "SHELL"."""
    assert read(f"ARG V=1.2\nFROM a\n{lines}\n".encode(), "arm64").config == config


def test_a_stage_on_an_earlier_one_has_its_arguments_shell_and_environment(tmp_path: Path) -> None:
    text = 'FROM a AS base\nARG A=1\nENV B=2\nSHELL ["bash", "-c"]\nFROM base\nENV C=$A$B\nCMD x\n'
    assert read(text.encode()).config == {"Env": ["B=2", "C=12"], "Cmd": ["bash", "-c", "x"]}


def test_flags_stand_before_files_in_either_form(tmp_path: Path) -> None:
    text = 'FROM a\nCOPY --chown=1:1 --link ["app.py", "/my app/"]\nCOPY --chmod=755 sql /x\n'
    assert files_of(image.pack(build_folder(tmp_path, text))) == {
        "my app/app.py": b"print('one')\n",
        "x/0001.sql": b"SELECT 1;\n",
    }


INSTRUCTIONS = "FROM ARG ENV COPY ADD WORKDIR LABEL EXPOSE USER STOPSIGNAL CMD ENTRYPOINT SHELL RUN VOLUME ONBUILD COPPY".split()  # noqa: SIM905
VALUES = st.text(alphabet="ab1 =$:{}[]\"'\\-+/,.", max_size=14)


@given(st.lists(st.tuples(st.sampled_from(INSTRUCTIONS), VALUES), max_size=5))
def test_no_dockerfile_ends_otherwise_than_in_a_recipe_or_a_sentence(lines: list[tuple[str, str]]) -> None:
    text = "FROM a\n" + "".join(f"{name} {value}\n" for name, value in lines)
    try:
        assert read(text.encode()).config is not None
    except DockerfileError as refused:
        assert "Dockerfile" in str(refused)  # noqa: PT017  (any sentence will do)


def test_digests_are_hashes_of_what_is_sent(tmp_path: Path) -> None:
    packed = image.pack(build_folder(tmp_path))
    manifest = json.loads(packed.manifest.content)
    config, layer = packed.blobs
    assert packed.digest == f"sha256:{hashlib.sha256(packed.manifest.content).hexdigest()}"
    assert manifest["config"]["digest"] == config.digest
    assert manifest["layers"] == [layer.descriptor()]
    tar = gzip.decompress(layer.content)
    assert config_of(packed)["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}"], (
        "a diff id is the hash of the tar before compression (config.md)"
    )


def test_packing_again_gives_the_same_digest_whatever_the_clock_and_umask(tmp_path: Path) -> None:
    first = image.pack(build_folder(tmp_path / "one"))
    again = build_folder(tmp_path / "two")
    os.utime(again / "app.py", (1, 1))
    (again / "app.py").chmod(0o600)
    assert image.pack(again).digest == first.digest


def test_an_overlay_adds_and_replaces_files(tmp_path: Path) -> None:
    folder = build_folder(tmp_path / "app")
    overlay = tmp_path / "v2"
    build_folder(overlay, **{"app.py": "print('two')\n", "sql/0002.sql": "SELECT 2;\n"})
    files = files_of(image.pack(folder, overlays=[overlay]))
    assert files["srv/app/app.py"] == b"print('two')\n"
    assert sorted(files) == ["srv/app/app.py", "srv/app/migrations/0001.sql", "srv/app/migrations/0002.sql"]


def test_dockerignore_keeps_files_out(tmp_path: Path) -> None:
    folder = build_folder(tmp_path, "FROM scratch\nCOPY . /app\n")
    (folder / ".dockerignore").write_text("# notes\n*\n!app.py\n!sql\n**/*.bak\n", encoding="utf-8")
    (folder / "sql" / "old.bak").write_text("", encoding="utf-8")
    assert sorted(files_of(image.pack(folder))) == ["app/app.py", "app/sql/0001.sql"]


@pytest.mark.parametrize(
    ("dockerfile", "told"),
    [
        ("FROM a\nCOPY nothing.py /app/\n", "line 2, nothing.py: no file has such a name; add it"),
        ("FROM a\nCOPY ../secret /app/\n", "it lies outside the build folder"),
        ("FROM a\nADD https://example.org/x /x\n", "downloads are not followed"),
        ("COPY app.py /\n", "it has no FROM line; start it with a base image"),
        ("FROM a b\n", "line 1, FROM a b: it takes an image, or an image, AS and a name"),
        ("FROM a\nUSER\n", "line 2, USER: something must follow it"),
        ("FROM a\nCOPPY x /y\n", "Docker knows no such instruction"),
        ("FROM a\nCOPY --exclude=*.md . /y\n", r"--exclude=\*\.md is not followed"),
        ("FROM a\nENV A=1 B\n", "B is no NAME=VALUE"),
        ("FROM a\nENV A='1\n", "a quote is not closed"),
        ("FROM a\nENV A=${B%.*}\n", r"only :-, :\+, - and \+ are followed"),
        ("FROM a\nUSER a b\n", "it takes one word"),
        ("FROM a\nEXPOSE http\n", "http is no port"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(tmp_path: Path, dockerfile: str, told: str) -> None:
    with pytest.raises(DockerfileError, match=told):
        image.pack(build_folder(tmp_path, dockerfile))


def test_a_folder_without_a_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DockerfileError, match="the folder has no Dockerfile"):
        image.pack(tmp_path)
