"""Buildspecs are read as codebuild/latest/userguide/build-spec-ref.md says, and refused by path where it does not."""

from pathlib import Path

import pytest

from rehearsal.codebuild.buildspec import EnvironmentVariable, InvalidBuildspec, Output, merged, parse
from rehearsal.codebuild.output import NothingToUpload, collect
from rehearsal.codebuild.variables import Reference

BUILD = "version: 0.2\nphases: {build: {commands: [make]}}\n"


def test_the_shipped_migration_buildspec_is_taken() -> None:
    text = (Path(__file__).parents[2] / "buildspecs" / "migrate.yml").read_text(encoding="utf-8")
    assert {"pre_build", "build"} <= set(parse(text).phases), "its phases are the documented ones"


def test_a_whole_document_is_read() -> None:
    spec = parse(
        """
version: 0.2
env:
  shell: bash
  variables: {PORT: 8080, DEBUG: false}
  parameter-store: {LEVEL: /app/level}
  secrets-manager: {URL: "app/db:url"}
  exported-variables: [RELEASE]
phases:
  build: {on-failure: ABORT, commands: [one, two], finally: [last]}
artifacts: {files: ['**/*'], base-directory: out, discard-paths: yes}
"""
    )
    found = {variable.name: (variable.type, variable.value) for variable in spec.variables}
    assert found == {
        "PORT": ("PLAINTEXT", "8080"),
        "DEBUG": ("PLAINTEXT", "false"),
        "LEVEL": ("PARAMETER_STORE", "/app/level"),
        "URL": ("SECRETS_MANAGER", "app/db:url"),
    }
    assert (spec.shell, spec.exported) == ("bash", ["RELEASE"])
    assert spec.phases["build"].commands == ["one", "two"]
    assert spec.phases["build"].finally_ == ["last"]
    assert spec.output == Output(["**/*"], "out", discard_paths=True, exclude_paths=[])


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (BUILD + "artefacts: {files: [x]}", "artefacts"),
        ("version: 0.2\nphases: {biuld: {commands: [x]}}", "phases.biuld"),
        ("version: 0.2\nphases: {build: {comands: [x]}}", "phases.build.comands"),
        ("version: 0.2\nphases: {build: {finally: [x]}}", "phases.build.commands"),
        (BUILD + "env: {variable: {A: b}}", "env.variable"),
        (BUILD + "env: {variables: {CODEBUILD_X: b}}", "env.variables.CODEBUILD_X"),
        (BUILD + "env: {exported-variables: [AWS_REGION]}", "env.exported-variables: AWS_REGION"),
        (BUILD + "env: {shell: zsh}", "env.shell"),
        (BUILD + "artifacts: {base-directory: x}", "artifacts.files"),
        (
            BUILD + "artifacts: {files: [x], secondary-artifacts: {a: {file: [x]}}}",
            "secondary-artifacts.a.file",
        ),
        (BUILD + "batch: {fast-fail: true}", "batch"),
        ("version: 0.2\nphases: {build: {on-failure: RETRY-2, commands: [x]}}", "phases.build.on-failure"),
        ("version: 0.2\nphases: {build: {commands: [{echo a: b}]}}", "phases.build.commands[0]"),
        ("version: 0.1\nphases: {build: {commands: [x]}}", "version"),
        ("version: 0.2", "phases"),
        ("[", "(document)"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(text: str, path: str) -> None:
    with pytest.raises(InvalidBuildspec, match="buildspec") as refused:
        parse(text)
    assert path in str(refused.value), "a reader must find the place"


def test_startbuild_wins_over_the_project_which_wins_over_the_buildspec() -> None:
    def variables(value: str, *names: str) -> list[EnvironmentVariable]:
        return [EnvironmentVariable(name, value) for name in names]

    result = merged(
        variables("spec", "A", "B", "C"), variables("project", "B", "C"), variables("action", "C")
    )
    assert {name: v.value for name, v in result.items()} == {"A": "spec", "B": "project", "C": "action"}


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("app/db", Reference("app/db")),
        ("app/db:url", Reference("app/db", "url")),
        ("app/db:url:AWSPREVIOUS", Reference("app/db", "url", "AWSPREVIOUS")),
        ("app/db:::v1", Reference("app/db", "", "", "v1")),
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-a1b2c3:url::",
            Reference("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-a1b2c3", "url"),
        ),
    ],
)
def test_a_secret_reference_is_taken_apart(text: str, reference: Reference) -> None:
    assert Reference.parse(text) == reference


FOLDERS = ("my-build-1/my-file-1.txt", "my-build-2/my-file-2.txt", "my-build-2/my-subdirectory/my-file-3.txt")


@pytest.mark.parametrize(
    ("output", "names"),
    [
        (Output(["*/my-file-3.txt"], "my-build-2"), {"my-subdirectory/my-file-3.txt"}),
        (
            Output(["**/*"], "my-build*", discard_paths=True),
            {"my-file-1.txt", "my-file-2.txt", "my-file-3.txt"},
        ),
        (Output(["my-build-1/my-file-1.txt"]), {"my-build-1/my-file-1.txt"}),
        (Output(["**/*"], exclude_paths=["**/my-file-3.txt"]), set(FOLDERS[:2])),
        (Output(["*"], "my-build-2"), {"my-file-2.txt"}),
    ],
)
def test_the_documents_own_examples_of_output_files(output: Output, names: set[str], tmp_path: Path) -> None:
    for name in FOLDERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert set(collect(output, tmp_path)) == names


@pytest.mark.parametrize(
    "output", [Output(["absent"]), Output(["**/*"], "absent"), Output(["**/*"], "absent*")]
)
def test_no_output_is_an_error(output: Output, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NothingToUpload, match="no matching"):
        collect(output, tmp_path)
