"""One release, step by step, whosever application it is; and what traffic noticed while it went on."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays.play import Play, Released, Step, Unexpected, expect
from rehearsal.running.pushes import short
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.verdict import Answering, Serving

STEADY_TIMEOUT = 60.0
"""Real seconds that the tasks which answer before may take to be healthy."""
UNNOTICED = "not one request failed meanwhile"


@contextmanager
def watched(rehearsal: Rehearsal, play: Play, paths: Sequence[str] = ()) -> Generator[None]:
    """Send traffic from the steady state on, and end the scenario with its verdict, however the rest of it goes.

    `paths` are asked for unless the rehearsal's load names others; the health paths when neither does.
    """
    with play.step("every service answers before anything changes") as seen:
        seen.extend(rehearsal.users.steady(STEADY_TIMEOUT))
    traffic = rehearsal.users.traffic(paths)
    went_otherwise: Unexpected | None = None
    try:
        with traffic:
            yield
    except Unexpected as error:
        went_otherwise = error
    verdict = traffic.verdict(rehearsal.users.now)
    play.verdict = verdict
    play.add(Step(UNNOTICED, 0.0, ok=verdict.ok, seen="\n".join(verdict.lines())))
    if went_otherwise is not None:
        raise went_otherwise
    expect(verdict.ok, verdict.lines()[0])


def released(rehearsal: Rehearsal, play: Play, version: Version | LocalImage, hint: str = "") -> None:
    """Push a version and follow its release until it answers; raises Unexpected, with the hint when the release failed."""
    with play.step(f"push {version.name}") as seen:
        digest = rehearsal.team.push(version)
        seen.append(f"digest {short(digest)}")
    with play.step(f"release {version.name}") as seen:
        execution = followed(rehearsal, play, version, digest)
        expect(execution.status == ExecutionStatus.SUCCEEDED, f"{why(execution)}{hint}")
        took = [f"{one.action} {(one.ended or one.started) - one.started:.2f} s" for one in execution.actions]
        seen.append(", ".join(took))
    so = "answers through the load balancer" if rehearsal.users.routes() else "works"
    with play.step(f"{version.name} {so}") as seen:
        seen.extend(answered_by(rehearsal, digest))


def followed(rehearsal: Rehearsal, play: Play, version: Version | LocalImage, digest: str) -> Execution:
    """The execution that the last push of a digest started, once it has ended; Unexpected when it goes on for too long."""
    limit = rehearsal.release_limit()
    try:
        execution = rehearsal.pushes.release_of(digest, limit)
    except TimeoutError as error:
        own = f"{limit:g} s is the rehearsal's own limit, not AWS's; --release-timeout SECONDS sets another"
        raise Unexpected(f"{error}; {own}") from error
    play.releases.append(Released(version.name, digest, execution))
    return execution


def answered_by(rehearsal: Rehearsal, digest: str) -> list[str]:
    """Who answers for every service or works as it; raises Unexpected unless it is this digest, and well."""
    found = rehearsal.users.now()
    routes = {route.service: route for route in rehearsal.users.routes()}
    for one in found:
        expected = rehearsal.cloud.version_of(digest)
        expect(one.digest == digest, f"{one}, not by {expected} (digest {short(digest)})")
        if isinstance(one, Answering):
            route = routes[one.service]
            expect(route.accepts(one.status), f"{one}; healthCheck.statusCodes are {route.check.matcher}")
    return [str(one) for one in found]


def keeps_answering(rehearsal: Rehearsal, before: list[Serving]) -> str:
    """Say that the version before still answers; raises Unexpected when another one does."""
    now = rehearsal.users.now()
    expect(now == before, f"{'; '.join(map(str, now))}; before, {'; '.join(map(str, before))}")
    return f"{', '.join(dict.fromkeys(one.version for one in now)) or 'nobody'} keeps answering"


def why(execution: Execution) -> str:
    """Why a release did not succeed, in its actions' own words."""
    failed = [
        f"{one.action}: {one.error_message}" for one in execution.actions if one.status == ActionStatus.FAILED
    ]
    return f"the release is {execution.status} ({'; '.join(failed) or execution.summary})"
