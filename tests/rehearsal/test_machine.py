"""No environment, file or disk breaks the command: it works, or one sentence says what is wrong and what to do."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.faults import fault_of
from rehearsal.errors import MachineError, StackError
from rehearsal.evaluation import stack_file
from rehearsal.host import environment
from rehearsal.plays.unforeseen import Unforeseen, worded
from tests.rehearsal.commandline import PATIENCE, project

HOSTILE = {
    "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "all_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "example.com", "no_proxy": "example.com", "REQUESTS_CA_BUNDLE": "/nowhere", "SSL_CERT_FILE": "/nowhere",
    "AWS_PROFILE": "nobody", "AWS_DEFAULT_PROFILE": "nobody", "AWS_CONFIG_FILE": "{home}/broken", "AWS_REGION": "",
    "AWS_SHARED_CREDENTIALS_FILE": "{home}/broken", "AWS_RETRY_MODE": "never", "AWS_MAX_ATTEMPTS": "many",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_CA_BUNDLE": "/nowhere", "AWS_DATA_PATH": "/nowhere",
    "PGSSLMODE": "verify-full", "PGOPTIONS": "-c nonsense=1", "PGSERVICE": "nobody", "PGHOST": "/nowhere", "PGPORT": "x",
    "PGPASSFILE": "/nowhere", "PGCLIENTENCODING": "nonsense", "PGCONNECT_TIMEOUT": "x",
    "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONPATH": "{home}/shadow", "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0", "PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1", "PYTHONINSPECT": "1", "PYTHONSTARTUP": "/nowhere",
    "LANG": "C", "LC_ALL": "POSIX", "LANGUAGE": "xx", "COLUMNS": "3", "LINES": "0", "TERM": "dumb", "NO_COLOR": "1",
    "TMPDIR": "/nowhere/at/all", "HOME": "/nowhere", "CDPATH": "/usr:/tmp", "BASH_ENV": "{home}/shadow/fail.sh",
    "ENV": "{home}/shadow/fail.sh", "GIT_DIR": "/nowhere", "DOCKER_HOST": "nonsense://x", "DOCKER_CONTEXT": "nobody",
    "PULUMI_ACCESS_TOKEN": "pul-x", "PULUMI_CONFIG": "{{", "GRPC_VERBOSITY": "debug", "LD_DEBUG": "", "SHELLOPTS": "noexec",
    "BASH_FUNC_cd%%": "() { exit 9; }", "MINISTACK_HOST": "example.com", "PERSIST_STATE": "1", "GATEWAY_PORT": "1",
}  # fmt: skip
"""What shells, company laptops and CI systems export, all at once."""


def hostile(home: Path) -> dict[str, str]:
    """The whole hostile environment, with files that break whoever reads them."""
    shadow = home / "shadow"
    shadow.mkdir(parents=True)
    for name in ("yaml.py", "pulumi.py", "sitecustomize.py", "fail.sh"):
        (shadow / name).write_text(
            "exit 9\n" if name == "fail.sh" else "raise SystemExit(9)\n", encoding="utf-8"
        )
    (home / "broken").write_text("this is [ no configuration\n", encoding="utf-8")
    return {name: value.replace("{home}", str(home)) for name, value in HOSTILE.items()}


def limited() -> None:
    """What a narrow shell leaves its children: private files, few of them open."""
    import resource

    os.umask(0o077)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    os.close(0)


def test_a_whole_rehearsal_works_in_every_hostile_environment_at_once(tmp_path: Path) -> None:
    made = project(tmp_path / "a $HOME; naïve folder")
    (made / "bin").mkdir(exist_ok=True)
    linked = tmp_path / "linked"
    linked.symlink_to(made / "delivery" / "__main__.py")
    done = subprocess.run(
        [
            sys.executable,
            str(made / "delivery" / "__main__.py"),
            "rehearse",
            "--level",
            "process",
            "--scenario",
            "release",
        ],
        cwd=tmp_path,
        env={**hostile(tmp_path / "hostile home"), "PATH": os.environ["PATH"], "PYTHONPATH": ""},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        preexec_fn=limited,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:]
    assert b"all went as it should" in done.stdout
    assert done.stderr == b""
    assert stat.S_IMODE((made / ".rehearsal").stat().st_mode) & 0o055 == 0o055, (
        "the database's user passes through"
    )


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a copy of the project."""
    command = [sys.executable, "-m", "delivery", "rehearse", "--level", "process"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_nothing_hostile_reaches_what_a_rehearsal_starts(name: str) -> None:
    made = environment.made({"PATH": "/usr/bin", "HOME": "/", name: HOSTILE[name]})
    harmless = {*environment.KEPT, *environment.FIXED}
    assert name in harmless or name.startswith("DOCKER_") or name not in made
    assert made["NO_PROXY"] == made["no_proxy"] == "*", "nothing leaves for a proxy"
    assert made["AWS_CONFIG_FILE"] == os.devnull, "nobody's profile is read"
    assert made["HOME"] == "/", "a home that is there"
    assert made["PATH"], "programs are found"
    assert "COLUMNS" not in made, "nothing is broken into three columns"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2]", "holds a list"),
        ("just words", "holds a text"),
        ("config: [a]", "has a list as config"),
        ("config: text", "has a text as config"),
        ("config: {1: x}", "has a number for a configuration key, 1"),
        ("config: {null: x}", "has nothing for a configuration key, null"),
        ("config: {true: x}", "has true or false for a configuration key, true"),
        ("config: {2020-01-01: x}", "has a date for a configuration key, 2020-01-01"),
        ("config: {'aws:region': 1}", "has a number as aws:region"),
        ("config: {'aws:region': [eu]}", "has a list as aws:region"),
        ("config: {'x:y': 2020-13-45}", "has a date or number that cannot be"),
        ("config: {'x:y': &a [*a]}", "holds itself"),
        (
            "confg: {'x:y': 1}",
            "has no config, but confg; write the stack's configuration under the key config",
        ),
        ("delivery:application: shop", "has no config, but delivery:application"),
        ("environment: [shop/stg]", "has no config, and an environment of Pulumi ESC"),
        ("config: {'x:y': 1, y: 2, 'delivery:y': 3}", "has delivery:y twice, once without its namespace"),
        (
            "config: {'delivery:migration': {secrets: {A: {secure: AAAB}}}}",
            "has delivery:migration.secrets.A encrypted, and only the stack's own key opens it; write it in plain text",
        ),
        ("config: {'delivery:application': {secure: AAAB}}", "has delivery:application encrypted"),
        ("config: {'delivery:notify': {emails: [{secure: AAAB}]}}", "has delivery:notify.emails.0 encrypted"),
        ("config: {'delivery:network': {secure: AAAB}}", "has delivery:network encrypted"),
        ("a: b: c", "is not YAML"),
        ("config: !!python/object:os.system {}", "is not YAML"),
        (b"config: {'x:y': \xff}", "which is not UTF-8"),
        (b"\xff\xfec\x00", "byte 0 is 0xff"),
        ("[" * 5000, "is nested too deeply"),
        ("a\x00b", "is not YAML"),
    ],
)
def test_a_file_that_is_no_stacks_file_is_refused_in_one_sentence(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    file = tmp_path / "Pulumi.own.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StackError) as refused:
        stack_file.read(file)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.remedy


def test_a_stacks_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be read: Is a directory"):
        stack_file.read(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "config:", "config: {}", "encryptionsalt: x", "\ufeffconfig: {}", "# only words"]
)
def test_a_file_without_configuration_has_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "Pulumi.own.yaml"
    file.write_text(content, encoding="utf-8")
    assert stack_file.read(file) == {}


def test_a_key_without_a_namespace_is_the_projects_as_the_cli_reads_it(tmp_path: Path) -> None:
    """pulumi/pulumi, sdk/go/common/workspace/loaders.go, stackConfigNamespacedWithProject."""
    file = tmp_path / "own.yaml"
    file.write_text("config: {application: shop, 'aws:region': us-east-1}", encoding="utf-8")
    assert stack_file.read(file) == {"delivery:application": "shop", "aws:region": "us-east-1"}
    assert stack_file.read(file, "site") == {"site:application": "shop", "aws:region": "us-east-1"}


def test_an_encrypted_value_of_another_namespace_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("config: {'site:token': {secure: AAAB}}", encoding="utf-8")
    assert stack_file.read(file) == {"site:token": {"secure": "AAAB"}}


def test_values_of_other_namespaces_reach_the_program_as_text(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.own.yaml"
    file.write_text(
        "config: {'x:day': 2020-01-02, 'x:map': {1: a, 2020-01-02: b}, 'x:text': é}", encoding="utf-8"
    )
    read = {key: stack_file.as_text(value) for key, value in stack_file.read(file).items()}
    assert read == {"x:day": '"2020-01-02"', "x:map": '{"1": "a", "\\"2020-01-02\\"": "b"}', "x:text": "é"}


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.binary(max_size=4)
)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SCALARS, inner, max_size=3),
    max_leaves=12,
)


@given(_TREES | st.fixed_dictionaries({"config": _TREES}))
def test_any_yaml_document_is_a_configuration_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, tree: object
) -> None:
    import yaml

    file = tmp_path_factory.mktemp("any") / "Pulumi.own.yaml"
    file.write_text(yaml.dump(tree, allow_unicode=True), encoding="utf-8")
    try:
        read = stack_file.read(file)
    except StackError as refused:
        assert len(str(refused).splitlines()) == 1  # noqa: PT017  (one of two good ends)
    else:
        assert all(isinstance(stack_file.as_text(value), str) for value in read.values())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/x"), "/x: there is no space left on the disk; free some"),
        (OSError(24, "Too many open files"), "Too many open files: too many files are open in this process"),
        (BrokenPipeError(32, "Broken pipe"), "Broken pipe: whoever read the output has gone"),
        (PermissionError(13, "Permission denied", "/x"), "/x: this user may not do that"),
        (MemoryError(), "MemoryError: the machine gives no more memory"),
        (RuntimeError("can't start new thread"), "can't start new thread: the machine gives no more memory"),
    ],
)
def test_what_the_machine_refuses_is_the_machines_fault_wherever_it_comes_out(
    tmp_path: Path, error: Exception, said: str
) -> None:
    try:
        try:
            raise error  # noqa: TRY301  (as it comes out of somebody's code)
        except Exception as cause:
            raise ValueError("wrapped by somebody") from cause
    except ValueError as outer:
        found = worded(outer, tmp_path)
    assert isinstance(found, MachineError)
    assert str(found).startswith(said)


def unforeseen(number: int) -> Exception:
    """An error with a traceback."""
    try:
        raise KeyError(f"number {number}\nand more")  # noqa: TRY301  (an error has a traceback only when it was raised)
    except KeyError as error:
        return error


def test_what_nobody_foresaw_is_one_sentence_and_its_traceback_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.faults.ROOT", tmp_path)
    fault = [fault_of(unforeseen(number)) for number in range(7)][-1]
    assert (fault.kind, fault.exit_code) == (Unforeseen.kind, 70)
    assert len(fault.sentence.splitlines()) == 1
    kept = sorted((tmp_path / ".rehearsal" / "faults").iterdir())
    assert len(kept) == 5, "only the last few are kept"
    assert fault.sentence.endswith(str(kept[-1]))
    assert "raise KeyError" in kept[-1].read_text(encoding="utf-8")
    assert stat.S_IMODE(kept[-1].stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (
            'pulumi.CustomResource("gcp:x/y:Z", "own", {})',
            "gcp:x/y:Z (own): the rehearsal does not play this type of resource; take it out",
        ),
        (
            'pulumi.runtime.invoke("aws:ec2/getVpc:getVpc", {})',
            "aws:ec2/getVpc:getVpc: the rehearsal does not play this function; take it out",
        ),
    ],
)
def test_what_is_added_to_the_program_and_not_played_is_named(tmp_path: Path, added: str, said: str) -> None:
    made = project(tmp_path)
    with (made / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(f"\nimport pulumi\n\n{added}\n")
    done = run(made)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(said)
    assert "Traceback" not in done.stderr


def test_a_full_standard_output_is_one_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "delivery", "rehearse", "--level", "process"],
            cwd=project(tmp_path), stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        "No space left on device: there is no space left on the disk; free some: a rehearsal needs about 200 MB"
    ]


def test_a_full_disk_while_a_folder_is_copied_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "file").touch()

    def full(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    with pytest.raises(shutil.Error) as failed:
        shutil.copytree(tmp_path / "from", tmp_path / "to", copy_function=full)
    told = worded(failed.value, tmp_path)
    assert (told.exit_code, len(str(told).splitlines())) == (4, 1)
    assert "there is no space left on the disk" in str(told)


@pytest.mark.parametrize("kilobytes", [0, 300])
def test_a_disk_that_takes_no_more_is_one_sentence_and_nothing_stays(tmp_path: Path, kilobytes: int) -> None:
    made = project(tmp_path)

    def narrow() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "delivery", "rehearse", "--level", "process"],
        cwd=made, capture_output=True, text=True, check=False, timeout=PATIENCE, preexec_fn=narrow,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    left = [file for file in (made / ".rehearsal").rglob("*") if file.is_file()]
    assert left == [], "neither data nor a half-made template"
