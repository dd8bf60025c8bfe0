"""A signal at any step of a program's evaluation, of starting, of playing and of stopping ends everything in order."""

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Self

import pytest

from delivery.interruption import INTERRUPTED, TERMINATED, ending_in_order
from rehearsal.evaluation import program, resources
from rehearsal.evaluation.properties import PROPERTIES, Properties
from rehearsal.host.interruption import Interruption
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Entry, Journal
from tests.rehearsal.commandline import Running, project, rewrite

PROGRAM = """
import pulumi

class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("delivery:index:Group", name)
        one = pulumi.CustomResource("aws:thing/thing:Thing", "one", {"size": 1}, pulumi.ResourceOptions(parent=self))
        place = pulumi.runtime.invoke("aws:index/getRegion:getRegion", {})
        two = pulumi.CustomResource(
            "aws:thing/thing:Thing", "two", {"of": one.id, "in": pulumi.Output.concat(one.urn, "!")},
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"two": two.id})

pulumi.export("group", Group("group").urn)
"""
STEPS = ("/pulumi/", "/asyncio/", "/concurrent/futures/")
"""Parts of paths whose functions are the steps of an evaluation: the SDK's, its event loop's, its threads'."""


class Thing:
    """A kind of resource that needs no cloud."""

    def with_name(self, name: str, inputs: dict[str, Any], seed: str) -> dict[str, Any]:
        return {**inputs, "name": name}

    def refuse(self, cloud: Cloud, inputs: dict[str, Any]) -> None:
        """No name is taken."""

    def make(self, cloud: Cloud, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return inputs["name"], {}


class At:
    """Sends a signal at one step of the main thread, counted from 0; None only looks."""

    def __init__(self, number: int, step: int | None) -> None:
        self.number, self.step = number, step
        self.steps: list[CodeType] = []
        self._counts: dict[CodeType, bool] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code not in self._counts:
            self._counts[code] = any(part in code.co_filename for part in STEPS)
        if self._counts[code]:
            self.steps.append(code)
            if len(self.steps) - 1 == self.step:
                signal.raise_signal(self.number)

    def __enter__(self) -> Self:
        sys.setprofile(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def first_and_last(self) -> list[int]:
        """Where each function is entered for the first time, and for the last."""
        first = {code: step for step, code in reversed(list(enumerate(self.steps)))}
        last = {code: step for step, code in enumerate(self.steps)}
        return sorted({*first.values(), *last.values()})


@pytest.fixture
def program_text(tmp_path: Path) -> Callable[[str], None]:
    """Writes the program that is evaluated; at first it is PROGRAM."""

    def write(text: str) -> None:
        (tmp_path / "__main__.py").write_text(text, encoding="utf-8")

    write(PROGRAM)
    return write


@pytest.fixture
def evaluate(
    tmp_path: Path, program_text: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Interruption], int]:
    """Evaluates a small program against a local cloud without any service."""

    def work(interruption: Interruption) -> int:
        cloud = Cloud("http://127.0.0.1:1", Authority(), Journal(), tmp_path)
        resources.declare(cloud, "stg", {}, interruption)
        return cloud.count()

    monkeypatch.setattr(resources, "KINDS", {"aws:thing/thing:Thing": Thing()})
    monkeypatch.setitem(PROPERTIES, "aws:thing/thing:Thing", Properties("name size of in"))
    monkeypatch.setattr(resources, "run_program", lambda: program.run_program(tmp_path))
    return work


@pytest.mark.parametrize(
    ("number", "code", "every"), [(signal.SIGINT, INTERRUPTED, 2), (signal.SIGTERM, TERMINATED, 29)]
)
def test_a_signal_at_every_step_of_an_evaluation_ends_it_in_order_and_soon(
    evaluate: Callable[[Interruption], int],
    capfd: pytest.CaptureFixture[str],
    number: int,
    code: int,
    every: int,
) -> None:
    with At(number, None) as seen:
        assert ending_in_order(evaluate) == 2, "without a signal both resources are made"
    steps = [step for step in seen.first_and_last() if step < len(seen.steps) - 50]
    assert len(steps) > 100, "the hook sees the steps of the SDK"
    capfd.readouterr()
    for step in steps[::every]:
        begun = time.monotonic()
        with At(number, step):
            assert ending_in_order(evaluate) == code, f"step {step}"
        assert time.monotonic() - begun < 3, f"step {step} took too long"
        said = capfd.readouterr().err.splitlines()
        assert len(said) == 1, f"step {step} said {said}"
        assert said[0].endswith("everything that was started is stopped")
    assert not [one.name for one in threading.enumerate() if one.name.startswith("monitor")]


@pytest.mark.parametrize(
    "endless",
    [
        "while True: pass",
        "import asyncio, pulumi\npulumi.export('x', pulumi.Output.from_input(asyncio.get_event_loop().create_future()))",
        "import time\ntime.sleep(600)",
    ],
)
def test_a_program_that_never_ends_is_left_after_a_while(
    evaluate: Callable[[Interruption], int],
    program_text: Callable[[str], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    endless: str,
) -> None:
    monkeypatch.setattr("delivery.interruption.Interruption", lambda: Interruption(patience=0.3))
    program_text(endless)
    main = threading.main_thread().ident or 0
    timer = threading.Timer(0.3, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()
    begun = time.monotonic()
    assert ending_in_order(evaluate) == INTERRUPTED
    assert time.monotonic() - begun < 5
    gc.collect()
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_a_second_signal_does_not_break_the_stopping_that_the_first_began() -> None:
    stopped: list[str] = []

    def work(interruption: Interruption) -> int:
        try:
            with interruption.stopping(), interruption.at_once():
                signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            stopped.append("in order")
        return 0

    assert ending_in_order(work) == INTERRUPTED
    assert stopped == ["in order"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_swallowed_by_a_finalizer_is_heeded_all_the_same() -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def work(interruption: Interruption) -> int:
        with interruption.at_once():
            Finalized()
        return 0

    assert ending_in_order(work) == TERMINATED


def test_a_signal_while_something_starts_waits_until_its_end_is_known() -> None:
    closed: list[str] = []

    class Started:
        def __enter__(self) -> str:
            signal.raise_signal(signal.SIGINT)
            return "started"

        def __exit__(self, *_: object) -> None:
            closed.append("stopped")

    def work(interruption: Interruption) -> int:
        with Started() as started:
            interruption.heed()
        return len(started)

    assert ending_in_order(work) == INTERRUPTED
    assert closed == ["stopped"], "what was started is stopped"


def test_a_hang_up_that_the_caller_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def work(interruption: Interruption) -> int:
        with interruption.at_once():
            signal.raise_signal(signal.SIGHUP)
        return 7

    try:
        assert ending_in_order(work) == 7
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_follower_that_records_and_reads_does_not_wait_for_itself() -> None:
    journal = Journal()
    told: list[str] = []

    def follow(entry: Entry) -> None:
        told.append(entry.message)
        if entry.message == "first":
            journal.record("ECR", f"after {len(journal.entries())}")
            other = threading.Thread(target=journal.record, args=("ECR", "from another thread"))
            other.start()
            other.join(5)
            assert not other.is_alive(), "a follower may wait for somebody who records"

    journal.follow(follow)
    journal.record("ECR", "first")
    assert told == ["first", "after 1", "from another thread"], "each once and in order"


SCENARIO = '"release": release,'
NOTHING = """"release": lambda rehearsal, play: play.add(Step("nothing", 0.0, ok=True, seen="")),"""
STAGES = (
    "        folder = ends.enter_context(run_folder(ROOT))\n",
    "        processes = ends.enter_context(Processes())\n",
    "        ends.callback(gateway.stop)\n",
    "        rehearsal.told, rehearsal.served = told, served\n",
    "ask=outside.continuer(),\n            )\n        )  # fmt: skip\n",
    '        events = EventBridge(cloud, started_by_rules(answering["codepipeline"]), topics)\n',
)
"""Behind each of them a signal is sent when it is stopped; the last is stopped first."""
IN_SERVICES = 4
"""Those from here on are in `running/services.py`, the others in `running/starting.py`."""


def test_signals_while_a_whole_rehearsal_is_being_stopped_leave_nothing_behind(tmp_path: Path) -> None:
    copy = project(tmp_path)
    rewrite(copy, "rehearsal/plays/scenarios.py", SCENARIO, NOTHING)
    rewrite(copy, "rehearsal/plays/scenarios.py", "import Play, expect", "import Play, Step, expect")
    for number, stage in enumerate(STAGES):
        arrives = (
            f"import os; os.write(2, b'stage {number}\\n'); os.kill(os.getpid(), {2 if number % 2 else 15})"
        )
        during = f"import threading; threading.Timer(0.01, lambda: exec({arrives!r})).start()"
        said = f"        ends.callback(lambda: exec({(during if number == 4 else arrives)!r}))\n"
        file = "services" if number >= IN_SERVICES else "starting"
        rewrite(copy, f"rehearsal/running/{file}.py", stage, stage + said)
    running = Running(copy, "--scenario", "release", "--json")
    try:
        running.wait_for("nothing")
        family = running.family()
        ended = running.end(family)
    finally:
        running.process.kill()
    assert ended.err.count("stage ") == len(STAGES), ended.err
    assert (ended.code, ended.report["ok"]) == (INTERRUPTED, True), "what was played was reported before"
    assert ended.err.splitlines()[-1] == "interrupted; everything that was started is stopped"
    assert "Traceback" not in ended.err
    assert family
    assert (ended.left, ended.run_folders) == ([], [])
