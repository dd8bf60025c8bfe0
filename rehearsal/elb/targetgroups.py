"""One target group: its targets, their health by real HTTP checks, and what CloudWatch would count.

Rules follow AWS's "Health checks for Application Load Balancer target groups"
(elasticloadbalancing/latest/application/target-group-health-checks) and "Edit target group attributes"
(same guide). Everything here runs inside the load balancer's event loop; nothing is locked.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from rehearsal.blocks import block
from rehearsal.clock import Clock

Health = Literal["initial", "healthy", "unhealthy", "draining", "unused"]

REMEMBERED = 20_000
"""Data points kept for each metric; older ones are of no alarm's interest in a rehearsal."""

FASTEST_INTERVAL = 0.05
"""Real seconds between two checks of a target, however much the clock compresses."""

SHORTEST_TIMEOUT = 3.0
"""Real seconds a check may take at least: a program does not answer faster because the clock runs faster."""


@dataclass(frozen=True)
class HealthCheck:
    """How a target group checks its targets, as declared."""

    path: str = "/"
    port: str = "traffic-port"
    matcher: str = "200"
    interval: float = 30.0
    """Declared seconds between checks of one target."""
    timeout: float = 5.0
    """Declared seconds without an answer that make a check fail."""
    unhealthy_threshold: int = 3
    """Consecutive failures after which a target is unhealthy."""
    healthy_threshold: int = 3
    """Consecutive successes after which an unhealthy target is healthy again."""

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> "HealthCheck":
        """Read a declared target group; what is left out has the Pulumi provider's defaults."""
        given = block(inputs.get("healthCheck"))
        return cls(
            path=str(given.get("path") or "/"),
            port=_port_text(given.get("port")),
            matcher=str(given.get("matcher") or "200"),
            interval=float(given.get("interval") or 30),
            timeout=float(given.get("timeout") or 5),
            unhealthy_threshold=int(given.get("unhealthyThreshold") or 3),
            healthy_threshold=int(given.get("healthyThreshold") or 3),
        )

    def accepts(self, status: int) -> bool:
        """Whether the matcher ("200", "200,202" or "200-299") takes this status code for a success."""
        for part in self.matcher.split(","):
            low, _, high = part.strip().partition("-")
            if int(low) <= status <= int(high or low):
                return True
        return False


def _port_text(port: Any) -> str:
    if port in (None, "", "traffic-port"):
        return "traffic-port"
    return str(int(float(port)))


@dataclass
class Target:
    """One registered address."""

    host: str
    port: int
    health_port: int
    registered: float
    """`time.monotonic()` of the registration."""
    image: str = ""
    """Reference of the image that its container runs."""
    health: Health = "initial"
    reason: str = "Elb.RegistrationInProgress"
    """AWS's reason code, and for a mismatch the status seen."""
    successes: int = 0
    failures: int = 0
    in_flight: int = 0
    checker: asyncio.Task[None] | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin without requests."""
        self.idle.set()

    @property
    def name(self) -> str:
        """`host:port`, how a target is called in answers."""
        return f"{self.host}:{self.port}"

    def begin(self) -> None:
        """Count a request that is on its way to this target."""
        self.in_flight += 1
        self.idle.clear()

    def end(self) -> None:
        """Count a request as answered (or broken)."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self.idle.set()


@dataclass(frozen=True)
class Count:
    """One data point: a real moment and the value that held from then on (gauge) or came then (counter)."""

    at: float
    value: float


class Counters:
    """The CloudWatch metrics of one target group (load-balancer-cloudwatch-metrics, same guide)."""

    def __init__(self) -> None:
        """Start at zero."""
        self._series: dict[str, deque[Count]] = {}
        self._totals: dict[str, float] = {}

    def add(self, metric: str, value: float = 1.0) -> None:
        """Count `value` more of a summed metric."""
        self._totals[metric] = self._totals.get(metric, 0.0) + value
        self._points(metric).append(Count(time.monotonic(), value))

    def level(self, metric: str, value: float) -> None:
        """Note the present value of a gauge; repeated values are noted once."""
        points = self._points(metric)
        if not points or points[-1].value != value:
            points.append(Count(time.monotonic(), value))
        self._totals[metric] = value

    def total(self, metric: str) -> float:
        """Sum so far (a gauge's present value)."""
        return self._totals.get(metric, 0.0)

    def points(self, metric: str) -> Sequence[Count]:
        """A copy of the data points, oldest first."""
        return tuple(self._points(metric))

    def _points(self, metric: str) -> deque[Count]:
        return self._series.setdefault(metric, deque(maxlen=REMEMBERED))


class TargetGroup:
    """Targets behind one declared `aws:lb/targetGroup:TargetGroup`."""

    def __init__(self, arn: str, inputs: Mapping[str, Any], clock: Clock, startup_allowance: float) -> None:
        """Make an empty group.

        `startup_allowance` is how many real seconds a new target may refuse connections before that counts
        as a failed check; a real program does not start faster because declared seconds are compressed.
        """
        self.arn = arn
        self.check = HealthCheck.of(inputs)
        self.deregistration_delay = _deregistration_delay(inputs)
        self.counters = Counters()
        self.in_use = False
        self._targets: dict[str, Target] = {}
        self._next = 0
        self._clock = clock
        self._startup_allowance = startup_allowance

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

    def register(
        self,
        session: aiohttp.ClientSession,
        host: str,
        port: int,
        health_port: int | None,
        image: str = "",
    ) -> None:
        """Add a target, whose container runs `image`, and begin to check it."""
        target = Target(host, port, health_port or port, time.monotonic(), image)
        self._targets[target.name] = target
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
        try:
            await asyncio.wait_for(
                target.idle.wait(), max(self._clock.seconds(self.deregistration_delay), 1.0)
            )
        except TimeoutError:
            target.reason = f"{target.in_flight} requests outlived the deregistration delay"
        if self._targets.get(target.name) is target:
            del self._targets[target.name]

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

    async def _check_forever(self, session: aiohttp.ClientSession, target: Target) -> None:
        interval = max(self._clock.seconds(self.check.interval), FASTEST_INTERVAL)
        while True:
            begun = time.monotonic()
            if self.in_use:
                await self._check(session, target)
            # "The time that it takes for the target to respond does not affect the interval" (same page).
            await asyncio.sleep(max(interval - (time.monotonic() - begun), 0.0))

    async def _check(self, session: aiohttp.ClientSession, target: Target) -> None:
        url = f"http://{target.host}:{target.health_port}{self.check.path}"
        limit = max(self._clock.seconds(self.check.timeout), SHORTEST_TIMEOUT)
        # Each check has a connection of its own, and names itself (load-balancer-troubleshooting).
        headers = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        try:
            timeout = aiohttp.ClientTimeout(total=limit)
            async with session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                good, reason = (
                    self.check.accepts(answer.status),
                    f"Target.ResponseCodeMismatch [{answer.status}]",
                )
        except TimeoutError:
            good, reason = False, "Target.Timeout"
        except aiohttp.ClientConnectorError:
            if target.health == "initial" and time.monotonic() - target.registered < self._startup_allowance:
                target.reason = "Elb.InitialHealthChecking"
                return
            good, reason = False, "Target.FailedHealthChecks"
        except (aiohttp.ClientError, OSError):
            good, reason = False, "Target.FailedHealthChecks"
        self._judge(target, good=good, reason=reason)

    def _judge(self, target: Target, *, good: bool, reason: str) -> None:
        if target.health == "draining":
            return
        if good:
            target.successes, target.failures = target.successes + 1, 0
            # A new target is healthy after one success; one that was unhealthy needs the threshold.
            if target.health == "initial" or target.successes >= self.check.healthy_threshold:
                target.health, target.reason = "healthy", ""
        else:
            target.successes, target.failures = 0, target.failures + 1
            target.reason = reason
            if target.failures >= self.check.unhealthy_threshold:
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
