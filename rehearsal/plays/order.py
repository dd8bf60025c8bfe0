"""The order in which scenarios are played: every other one begins where the release has ended."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from rehearsal.errors import UsageError
from rehearsal.plays.play import Play, Step, Unexpected
from rehearsal.plays.scenarios import SCENARIOS
from rehearsal.running.rehearsal import Rehearsal

Scenario = Callable[[Rehearsal, Play], None]


def of_the_sample(names: Sequence[str]) -> Mapping[str, Scenario]:
    """The sample application's scenarios of these names, every one when none is named; UsageError for an unknown one."""
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        rule, known = "there is no such scenario", ", ".join(SCENARIOS)
        raise UsageError(f"--scenario {unknown[0]}", rule, f"name one of {known}")
    return {name: played for name, played in SCENARIOS.items() if not names or name in (*names, "release")}


def played_besides(names: Sequence[str]) -> str:
    """What is played besides what was asked for, and why; empty when nothing is."""
    if not names or "release" in names:
        return ""
    return f"release is played first: {' and '.join(dict.fromkeys(names))} begin{'s' * (len(set(names)) == 1)} where it ends."


def played(
    rehearsal: Rehearsal,
    name: str,
    scenario: Scenario,
    *,
    after: Sequence[Play],
    follower: Callable[[Step], None] | None = None,
) -> Play:
    """Play a scenario; the others begin where the release has ended, so they are not played when it failed."""
    play = Play(name, follower=follower)
    if after and not after[0].ok:
        play.add(
            Step(
                "not played", 0.0, ok=False, seen=f"{after[0].scenario} failed, and this begins where it ends"
            )
        )
        return play
    with suppress(Unexpected):  # the step says so
        scenario(rehearsal, play)
    if not play.ok and (doubts := rehearsal.doubts()):
        play.add(Step("what may be the rehearsal's own doing", 0.0, ok=False, seen="\n".join(doubts)))
    return play
