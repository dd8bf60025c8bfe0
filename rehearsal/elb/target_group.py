"""One target group: its targets, and their health by real HTTP checks.

Rules follow AWS's "Health checks for Application Load Balancer target groups"
(elasticloadbalancing/latest/application/target-group-health-checks) and "Edit target group attributes"
(same guide). Everything here runs inside the load balancer's event loop; nothing is locked.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from rehearsal.elb.counters import Counters
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.target import Health, Seen, Target
from rehearsal.errors import RehearsalError
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block

FASTEST_INTERVAL = 0.05
"""Real seconds between two checks of a target, however much the clock compresses."""

PROMPT = 0.5
"""Real seconds after which a check that is still unanswered holds the clock."""

ERROR_HOLDS = 6.0
"""Declared seconds that one server error holds the clock: ten a minute, AWS's usual threshold here, then hold it all the time."""


def spoken(group: Declared) -> Mapping[str, Any]:
    """The inputs of a target group that is played; RehearsalError when it speaks TLS with its targets."""
    check = block(group.inputs.get("healthCheck")).get("protocol")
    if "HTTPS" in (group.inputs.get("protocol"), check):
        raise RehearsalError(
            f"target group {group.inputs.get('name') or group.name} speaks HTTPS with its targets",
            "the rehearsal plays no TLS between load balancer and container",
            "rehearse with protocol and healthCheck.protocol HTTP, in a stack file of its own (--config)",
        )
    return group.inputs


class TargetGroup:
    """Targets behind one declared `aws:lb/targetGroup:TargetGroup`."""

    def __init__(self, arn: str, inputs: Mapping[str, Any], clock: Clock) -> None:
        """Make an empty group."""
        self.arn = arn
        self.check = HealthCheck.of(inputs)
        self.deregistration_delay = _deregistration_delay(inputs)
        self.counters = Counters(clock)
        self.in_use = False
        self._targets: dict[str, Target] = {}
        self._next = 0
        self._clock = clock
        self.hurried = False
        """Whether draining targets are no longer waited for, because the rehearsal ends."""

    @property
    def targets(self) -> list[Target]:
        """Every registered or draining target."""
        return list(self._targets.values())

    def health(self) -> dict[str, Health]:
        """Health by target name; `unused` (Target.NotInUse) while no listener has this group."""
        return {t.name: t.health if self.in_use or t.health == "draining" else "unused" for t in self.targets}

    def reasons(self) -> dict[str, str]:
        """AWS's reason code by target name."""
        return {t.name: t.reason if self.in_use else "Target.NotInUse" for t in self.targets}

    def findings(self) -> dict[str, str]:
        """What the last check of each target saw; empty for a good answer."""
        return {t.name: t.seen for t in self.targets}

    def seen(self) -> list[Seen]:
        """Each target as it is now, with the port of its own that is checked."""
        states, reasons = self.health(), self.reasons()
        return [Seen(t.host, t.port, t.health_port, states[t.name], reasons[t.name]) for t in self.targets]

    def server_error(self) -> None:
        """Count an answer of 5xx, and let time pass as it is for a while: errors come at their own pace."""
        self.counters.add("HTTPCode_Target_5XX_Count")
        self._clock.hold(self, ERROR_HOLDS)

    def register(
        self,
        session: aiohttp.ClientSession,
        host: str,
        port: int,
        health_port: int | None,
        image: str = "",
    ) -> None:
        """Add a target, whose container runs `image`, and begin to check it."""
        target = Target(host, port, health_port or port, image)
        self._targets[target.name] = target
        if self.in_use:
            self._clock.hold(target)
        target.checker = asyncio.create_task(self._check_forever(session, target))

    async def deregister(self, host: str, port: int) -> None:
        """Send nothing new to a target, wait for its requests in flight, then forget it.

        Waits at most the declared deregistration delay. A target without requests in flight is let go at
        once, as AWS documents (edit-target-group-attributes, "Deregistration delay").
        """
        target = self._targets.get(f"{host}:{port}")
        if target is None:
            return
        target.health, target.reason = "draining", "Target.DeregistrationInProgress"
        self._note_health()
        await _cancelled(target.checker)
        self._clock.release(target)
        await self._answered(target)
        if self._targets.get(target.name) is target:
            del self._targets[target.name]

    async def _answered(self, target: Target) -> None:
        """Wait until a draining target has answered what it has, in real time: requests in flight take what they take."""
        begun, patience = time.monotonic(), max(self.deregistration_delay * self._clock.own, 1.0)
        while not target.idle.is_set():
            if time.monotonic() - begun > (1.0 if self.hurried else patience):
                target.reason = f"{target.in_flight} requests outlived the deregistration delay"
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(target.idle.wait(), 0.2)

    def choose(self) -> Target | None:
        """The next target by round robin; None when there is none to choose.

        Only healthy targets, but all registered ones when not one is healthy: an Application Load Balancer
        fails open ("If a target group contains only unhealthy registered targets, the load balancer routes
        requests to all").
        """
        registered = [target for target in self.targets if target.health != "draining"]
        able = [target for target in registered if target.health == "healthy"] or registered
        if not able:
            return None
        self._next = (self._next + 1) % len(able)
        return able[self._next]

    async def close(self) -> None:
        """Stop every check."""
        for target in self.targets:
            await _cancelled(target.checker)
            self._clock.release(target)
        self._clock.release(self)

    async def _check_forever(self, session: aiohttp.ClientSession, target: Target) -> None:
        interval = max(self._clock.seconds(self.check.interval), FASTEST_INTERVAL)
        while True:
            begun = time.monotonic()
            if self.in_use:
                if target.health == "initial":
                    self._clock.hold(target)
                await self._check(session, target)
                if target.health == "healthy" and target.failing_since is None:
                    self._clock.release(target)
                else:
                    self._clock.hold(target)
            # "The time that it takes for the target to respond does not affect the interval" (same page).
            await asyncio.sleep(max(interval - (time.monotonic() - begun), 0.0))

    async def _check(self, session: aiohttp.ClientSession, target: Target) -> None:
        slow = asyncio.get_running_loop().call_later(PROMPT * self._clock.own, self._clock.hold, target)
        try:
            reason, seen = await self._answer(session, target)
        finally:
            slow.cancel()
        self._judge(target, reason, seen)

    async def _answer(self, session: aiohttp.ClientSession, target: Target) -> tuple[str, str]:
        """AWS's reason code and what was seen; both empty for a good answer."""
        check = self.check
        url = f"http://{target.host}:{target.health_port}{check.path}"
        # Each check has a connection of its own, and names itself (load-balancer-troubleshooting).
        headers = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        timeout = aiohttp.ClientTimeout(total=check.timeout * self._clock.own)
        try:
            async with session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                if check.accepts(answer.status):
                    return "", ""
                reason = f"Target.ResponseCodeMismatch [{answer.status}]"
                return reason, f"it answers {answer.status} on {check.path}, where {check.matcher} is healthy"
        except TimeoutError:
            return "Target.Timeout", f"it gave no answer on {check.path} within {check.timeout:g} s"
        except aiohttp.ClientConnectorError as error:
            return (
                "Target.FailedHealthChecks",
                f"it takes no connection ({error.os_error.strerror or error.os_error})",
            )
        except (aiohttp.ClientError, OSError) as error:
            return (
                "Target.FailedHealthChecks",
                f"it gave no HTTP answer on {check.path} ({type(error).__name__})",
            )

    def _judge(self, target: Target, reason: str, seen: str) -> None:
        """Take a check's result.

        Checks are sent more often than declared, so that a good answer is seen at once; failures count as many as the declared
        interval would have brought, in the application's own time.
        """
        if target.health == "draining":
            return
        target.seen = seen
        if not reason:
            target.successes, target.failing_since = target.successes + 1, None
            # A new target is healthy after one success; one that was unhealthy needs the threshold.
            if target.health == "initial" or target.successes >= self.check.healthy_threshold:
                target.health, target.reason = "healthy", ""
        else:
            now = self._clock.now()
            if target.failing_since is None:
                target.failing_since = now
                self._clock.hold(target)
            target.successes, target.reason = 0, reason
            failures = 1 + int((now - target.failing_since) / self.check.interval)
            if failures >= self.check.unhealthy_threshold:
                target.health = "unhealthy"
        self._note_health()

    def _note_health(self) -> None:
        """Write UnHealthyHostCount; deregistering does not raise it (same page)."""
        states = [target.health for target in self.targets]
        self.counters.level("UnHealthyHostCount", float(states.count("unhealthy")))
        self.counters.level("HealthyHostCount", float(states.count("healthy")))


def _deregistration_delay(inputs: Mapping[str, Any]) -> float:
    declared = inputs.get("deregistrationDelay")
    return 300.0 if declared is None else float(declared)


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is None:
        return
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
