"""The step `check`: refuses, before anything is provisioned or migrated, what would fail later. It changes nothing."""

import json
import time
from collections.abc import Callable, Iterable

from release import adopted, deployments, images, secrets, services, template_files
from release.findings import Finding, Note, Refusal, RefusedError, Unseen, Wait
from release.job import CheckOrder
from release.log import log
from release.outcome import Done, Later, Outcome, Refused
from release.subject import Subject

LONGEST_WAIT = 15 * 60
"""Seconds that a rollback is waited for; moving traffic back takes one or two minutes."""


def run(subject: Subject, order: CheckOrder, token: str) -> Outcome:
    """Look at everything, so that all that is wrong is said at once."""
    templates = template_files.read(subject)
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "templates": lambda: templates.findings,
        "push": lambda: images.stale(subject, order.trigger),
        "image": lambda: images.unfit(subject, templates.architectures),
        "alarms": lambda: deployments.alarmed(subject),
        "deployments": lambda: deployments.running(subject),
        "services": lambda: services.unready(subject),
        **({"existing": lambda: adopted.unfit(subject)} if adopted.any_of(subject) else {}),
        "secrets": lambda: secrets.missing(subject, templates.definitions),
    }
    findings = [finding for name, check in checks.items() for finding in _findings(name, check)]
    refusals = [one for one in findings if isinstance(one, Refusal)]
    waits = [one for one in findings if isinstance(one, Wait)]
    since = _since(token)
    if waits and time.time() - since > LONGEST_WAIT:
        refusals += [one.until for one in waits]
    if refusals:
        return Refused(tuple(refusals))
    if waits:
        return Later(json.dumps({"since": since}), waits[0].reason)
    told = [str(one) for one in findings if isinstance(one, Unseen | Note)]
    return Done("; ".join([f"checked: {', '.join(checks)}", *told]))


def _findings(name: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What one check finds, with a line in the log."""
    begun = time.monotonic()
    found: list[Finding] = []
    try:
        found.extend(check())
    except RefusedError as refused:
        found.append(refused.refusal)
    milliseconds = round((time.monotonic() - begun) * 1000)
    log(check=name, milliseconds=milliseconds, found=[str(one) for one in found])
    return found


def _since(token: str) -> float:
    """When waiting began, in seconds of the epoch; now without a token of ours, so that a lost one only waits longer."""
    try:
        return float(json.loads(token)["since"])
    except (ValueError, KeyError, TypeError):
        return time.time()
