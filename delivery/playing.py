"""`delivery rehearse`: plays scenarios, shows them, and answers with an exit code."""

import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from delivery import keeping
from delivery.choosing import Chosen, chosen, load
from delivery.faults import fault_of
from delivery.options import Options
from rehearsal.ecr.registry_rules import TagRule
from rehearsal.errors import UsageError
from rehearsal.evaluation.exported_state import declare_state, read_state
from rehearsal.evaluation.own_program import own_program
from rehearsal.host.database_address import wanted
from rehearsal.host.interruption import Interruption
from rehearsal.levels.choice import level_named
from rehearsal.levels.process.level import Level
from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays import json_report
from rehearsal.plays.order import Scenario, played
from rehearsal.plays.play import Play, exit_code
from rehearsal.plays.report import Timeline, table
from rehearsal.plays.stopped import StoppedRelease
from rehearsal.plays.versions import V1
from rehearsal.running.outside import Outside, hook_results, moment, tag_rule
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import configuration, rehearsing, settings_of
from rehearsal.world import text
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal
from settings import Settings

STACK = "stg"
"""The stack that is rehearsed when none is named."""


def run(options: Options, interruption: Interruption) -> int:
    """Rehearse; 0 when all went as it should, 1 when not, or the exit code of the error's class."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
    before = threading.excepthook
    threading.excepthook = lambda failed: _tell_of_thread(errors, failed)
    try:
        code = _rehearse(options, errors, interruption)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  (the one boundary: whatever it is, it is told in one sentence)
        interruption.heed()  # a terminal's Ctrl-C reaches Docker's client too, whose end is no fault of anybody's
        fault = fault_of(error)
        for line in text.lines(fault.sentence, width=text.WHOLE):
            errors.print(line, markup=False)
        if options.as_json:
            told = json_report.refusal(_stack(options), fault.kind, fault.sentence, fault.exit_code)
            sys.stdout.write(f"{told}\n")
        return fault.exit_code
    finally:
        threading.excepthook = before
    return code


def _tell_of_thread(errors: Console, failed: threading.ExceptHookArgs) -> None:
    """One sentence of what ended a thread of ours, in place of its traceback."""
    if isinstance(failed.exc_value, Exception):
        for line in text.lines(fault_of(failed.exc_value).sentence, width=text.WHOLE):
            errors.print(line, markup=False)


def _rehearse(options: Options, errors: Console, interruption: Interruption) -> int:
    what, asked_for = chosen(options), load(options)
    outside = _outside(options)
    stack = _stack(options)
    # A stack that isn't there, or whose settings are wrong, is refused before anything is announced.
    own = own_program(options.program) if options.program else None
    config = configuration(stack, options.stack_file, own, interruption)
    settings = settings_of(config)
    level = level_named(options.level or ("container" if what.needs_docker else None))
    shown = errors if options.as_json else Console(soft_wrap=True, emoji=False)
    shown.print(
        Text(f"Rehearsing stack {stack} at level {level.name}", "bold")
        + f" with {what.whose}: {level.shows}."
    )
    if what.played_first:
        shown.print(Text(what.played_first))
    for note in _looked_at(what.versions, level, settings):
        shown.print(Text(text.line(note, width=text.WHOLE)))
    timeline = Timeline(shown)
    journal, began = Journal(), datetime.now(UTC)
    journal.follow(timeline.entry)
    with rehearsing(
        stack,
        level=level,
        journal=journal,
        clock=Clock(1 / options.pace) if options.pace else None,
        stack_file=options.stack_file,
        own=own,
        declare_instead=_state(options),
        outside=outside,
        interruption=interruption,
    ) as rehearsal:
        rehearsal.users.load, rehearsal.release_timeout = asked_for, options.release_timeout
        plays: list[Play] = []
        for name, scenario in _scenarios(what, outside, rehearsal).items():
            with interruption.at_once():
                plays.append(played(rehearsal, name, scenario, after=plays, follower=timeline.step))
        code = exit_code(plays)
        timeline.end()
        _report(options, what.whose, began, rehearsal, plays)
        if options.keep:
            timeline.go_on()
            rehearsal.cloud.clock.run(options.pace or keeping.PACE)
            _stay(rehearsal, shown, interruption)
            timeline.end()
    return code


def _looked_at(versions: Sequence[Version | LocalImage], level: type[Level], settings: Settings) -> list[str]:
    """Notes on the user's own versions; RehearsalError for what cannot be released, before anything is started."""
    return [note for version in versions for note in level.look_at(version, settings)]


def _scenarios(what: Chosen, outside: Outside, rehearsal: Rehearsal) -> Mapping[str, Scenario]:
    """What was chosen; where the world outside stops every release, one release that is stopped."""
    stop = outside.stop(rehearsal.settings)
    if stop is None:
        return what.scenarios
    return {"stopped-release": StoppedRelease(what.versions[-1] if what.versions else V1, stop).play}


def _stack(options: Options) -> str:
    """The stack's name: what was said, else what its file is called for."""
    if options.stack is not None:
        return options.stack
    named = re.fullmatch(r"Pulumi\.(.+)\.ya?ml", options.stack_file.name) if options.stack_file else None
    return named[1] if named else STACK


def _outside(options: Options) -> Outside:
    answer = options.approve
    asked = _ask if sys.stdin.isatty() else None
    return Outside(
        approve=asked if answer is None else lambda _: answer,
        rejects=answer is False,
        at=moment(options.at) if options.at else None,
        hooks=hook_results(options.hook or []),
        repository=tag_rule(options.repository_tags) if options.repository_tags else TagRule(),
        database=wanted(options.database, options.dump),
        secrets=options.secrets,
        build_limit=options.build_timeout,
    )


def _ask(question: str) -> bool:
    """Ask on the terminal; the end of the input is no consent."""
    sys.stderr.write(f"\napproval: {question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _state(options: Options) -> Callable[[Cloud], None] | None:
    """What makes the resources in the program's place: an exported state, read before anything is started."""
    if options.from_state is None:
        return None
    if options.program is not None:
        raise UsageError(
            f"--from-state {options.from_state} with --program {options.program}",
            "an exported state stands in the place of a program",
            "leave one of them out",
        )
    state = read_state(options.from_state)
    return lambda cloud: declare_state(cloud, state)


def _report(
    options: Options, whose: str, began: datetime, rehearsal: Rehearsal, plays: Sequence[Play]
) -> None:
    level, logs = rehearsal.level, rehearsal.cloud.logs.kept()
    if options.as_json:
        told = json_report.report(
            stack=rehearsal.stack,
            level=level.name,
            shows=level.shows,
            application=whose,
            started=began,
            plays=plays,
            logs=logs,
        )
        sys.stdout.write(f"{told}\n")
        return
    console = Console(width=max(120, Console().width), emoji=False)
    console.print()
    table(plays, console)
    verdict = "all went as it should" if all(play.ok for play in plays) else "NOT all went as it should"
    shown = f"\nLevel {level.name} with {whose}: {verdict}. This level shows {level.shows}."
    kept = f"\nLogs of builds and tasks: {logs}" if logs else ""
    console.print(Text(text.shown(shown + kept, width=text.WHOLE)), soft_wrap=True)


def _stay(rehearsal: Rehearsal, console: Console, interruption: Interruption) -> None:
    for line in keeping.told(rehearsal):
        console.print(line, markup=False)
    console.print("Staying up until Ctrl-C.")
    try:
        with interruption.at_once():
            threading.Event().wait()  # what others start from now on is told by the services' own threads
    except KeyboardInterrupt:
        interruption.forget()
        console.print("stopping")
