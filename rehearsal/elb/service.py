"""Application load balancers: declared listeners answered by real HTTP on the loopback interface.

One event loop in a thread of its own serves every declared `aws:lb/listener:Listener` on a free port of
127.0.0.1 and checks the targets of every `aws:lb/targetGroup:TargetGroup`. HTTPS listeners are served as
plain HTTP: certificates are not rehearsed. A listener that the stack only has rules on is opened too, and answers
404 to what no rule of the stack is for. Stickiness, slow start and network load balancers are not imitated.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from rehearsal.elb.access_log import AccessLog
from rehearsal.elb.action import Action
from rehearsal.elb.answer import answer
from rehearsal.elb.counters import Count
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.kinds import LISTENER, RULE
from rehearsal.elb.listener import Listener, elsewhere, listener_of, rule_of
from rehearsal.elb.proxy import IDLE
from rehearsal.elb.rule import Rule, listener_of_rule
from rehearsal.elb.target import Health, Seen
from rehearsal.elb.target_group import TargetGroup, spoken
from rehearsal.host.loop_thread import LoopThread
from rehearsal.world.cloud import Cloud, Declared

_T = TypeVar("_T")

LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"


class LoadBalancers:
    """Every declared listener and target group of a cloud; a context manager."""

    def __init__(self, cloud: Cloud) -> None:
        """Prepare."""
        self._cloud = cloud
        self._groups = {
            d.arn: TargetGroup(d.arn, spoken(d), cloud.clock) for d in cloud.declared(TARGET_GROUP)
        }
        self.access_log = AccessLog()
        idle = {d.arn: float(d.inputs.get("idleTimeout") or IDLE) for d in cloud.declared(LOAD_BALANCER)}
        self._listeners = {
            d.arn: listener_of(d, idle.get(str(d.inputs.get("loadBalancerArn")), IDLE))
            for d in cloud.declared(LISTENER)
        }
        for one in cloud.declared(RULE):
            rule = rule_of(one)
            self._listeners.setdefault(rule.listener, elsewhere(rule.listener)).rules[rule.arn] = rule
        self._loop = LoopThread("load balancers")
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Open every listener."""
        self._loop.start()
        try:
            self._call(self._open())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close every listener and connection; harmless when nothing runs."""
        if not self._loop.runs:
            return
        try:
            self._call(self._close())
        finally:
            self._loop.stop()

    def url(self, listener_arn: str) -> str:
        """Where a declared listener answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.listener(listener_arn).port}"

    def register(
        self, target_group_arn: str, host: str, port: int, health_port: int | None = None, image: str = ""
    ) -> None:
        """Add a target; `health_port` is the reachable port of a health check that has a port of its own.

        `image` is what the target's container runs: by it the access log tells versions apart.
        """
        group = self._group(target_group_arn)

        async def do() -> None:
            assert self._session is not None  # noqa: S101  (open since start)
            group.register(self._session, host, port, health_port, image)

        self._call(do())
        self._cloud.journal.record("ELB", f"target {host}:{port} registered", target_group=target_group_arn)

    def deregister(self, target_group_arn: str, host: str, port: int) -> None:
        """Take a target out: nothing new goes there; returns when its requests in flight are answered.

        Waits at most the declared deregistration delay, which is real time: the requests are the application's.
        """
        self._call(self._group(target_group_arn).deregister(host, port))
        self._cloud.journal.record("ELB", f"target {host}:{port} drained", target_group=target_group_arn)

    def health(self, target_group_arn: str) -> dict[str, Health]:
        """State of each target (`host:port`), as DescribeTargetHealth names it."""
        return self._read(self._group(target_group_arn).health)

    def reasons(self, target_group_arn: str) -> dict[str, str]:
        """AWS's reason code of each target's state; empty for healthy ones."""
        return self._read(self._group(target_group_arn).reasons)

    def findings(self, target_group_arn: str) -> dict[str, str]:
        """What the last check of each target saw, in our words; empty after a good answer."""
        return self._read(self._group(target_group_arn).findings)

    def registered(self, target_group_arn: str) -> list[Seen]:
        """Every registered or draining target as it is now."""
        return self._read(self._group(target_group_arn).seen)

    def check(self, target_group_arn: str) -> HealthCheck:
        """How a target group checks its targets."""
        return self._group(target_group_arn).check

    def hurry(self) -> None:
        """Wait no longer for requests in flight: the rehearsal ends."""
        for group in self._groups.values():
            group.hurried = True

    def health_port(self, target_group_arn: str) -> int | None:
        """The health check's own container port; None when it checks the traffic port."""
        port = self._group(target_group_arn).check.port
        return None if port == "traffic-port" else int(port)

    def in_use(self, target_group_arn: str) -> bool:
        """Whether some listener forwards to this group (with whatever weight), so that it is checked."""
        return self._group(target_group_arn).in_use

    def weights(self, arn: str) -> dict[str, int]:
        """Present weights of a rule's forward action; a listener's ARN stands for its default rule."""
        return dict(self.rule(arn).action.weights)

    def listener(self, listener_arn: str) -> Listener:
        """A listener, with its rules as they are now."""
        return _known(self._listeners, listener_arn, "listener")

    def listeners(self) -> list[str]:
        """ARNs of every open listener, those included that the stack only has rules on."""
        return list(self._listeners)

    def rule(self, arn: str) -> Rule:
        """A rule by its ARN, or the default rule of a listener by the listener's; LookupError."""
        if arn in self._listeners:
            return self._listeners[arn].default
        listener = self._listeners.get(listener_of_rule(arn))
        rules = {} if listener is None else {**listener.rules, listener.default.arn: listener.default}
        return _known(rules, arn, "rule of a listener")

    def forward(self, arn: str, weights: Mapping[str, int]) -> None:
        """Let a rule, or the default rule of a listener, forward by these weights."""
        self.modify(arn, Action(dict(weights)))

    def modify(self, arn: str, action: Action) -> None:
        """Replace the action of a rule, or of the default rule of a listener; the next request follows it."""
        rule = self.rule(arn)
        for group in action.weights:
            self._group(group)

        async def do() -> None:
            rule.act(action)
            self._mark_in_use()

        self._call(do())
        shares = ", ".join(f"{weight} to {self.told(group)}" for group, weight in action.weights.items())
        port = self.listener(rule.listener).entrance.port
        which = "" if rule.is_default else f"rule {rule.priority} of the "
        does = f"forwards {shares}" if shares else str(action)
        self._cloud.journal.record("ELB", f"{which}listener on port {port} {does}")

    def put_rule(self, rule: Rule) -> None:
        """Add a rule to its listener, or let one that is there be like it, its action included."""
        listener = self.listener(rule.listener)

        async def do() -> None:
            listener.rules[rule.arn] = rule
            self._mark_in_use()

        self._call(do())

    def remove_rule(self, arn: str) -> None:
        """Take a rule away; requests that were for it are for the next one that takes them."""
        listener = self.listener(listener_of_rule(arn))

        async def do() -> None:
            listener.rules.pop(arn, None)
            self._mark_in_use()

        self._call(do())

    def opened(self, listener_arn: str) -> bool:
        """Whether this listener was declared, or had rules, before everything was started."""
        return listener_arn in self._listeners

    def has_rule(self, arn: str) -> bool:
        """Whether a rule by this ARN is there now."""
        listener = self._listeners.get(listener_of_rule(arn))
        return listener is not None and arn in listener.rules

    def follow(self, declared: Declared) -> None:
        """Check the targets of a running group as it is declared now (ModifyTargetGroup: at once, what runs included)."""
        if declared.arn in self._groups:
            self._groups[declared.arn].check = HealthCheck.of(declared.inputs)

    def points(self, target_group_arn: str, metric: str) -> Sequence[Count]:
        """Data points of a metric, for alarms."""
        return self._read(lambda: self._group(target_group_arn).counters.points(metric))

    def serves(self, target_group_arn: str) -> str:
        """The versions that a target group's targets run; `nothing` when it has none."""
        images = self._read(lambda: [target.image for target in self._group(target_group_arn).targets])
        return ", ".join(dict.fromkeys(map(self._cloud.version_of, images))) or "nothing"

    def told(self, target_group_arn: str) -> str:
        """A target group as people tell them apart: by name, and by what it serves."""
        name = target_group_arn.rpartition("targetgroup/")[2].partition("/")[0]
        return f"{name} ({self.serves(target_group_arn)})"

    def target_groups(self) -> list[str]:
        """ARNs of all declared target groups."""
        return list(self._groups)

    def _group(self, arn: str) -> TargetGroup:
        return _known(self._groups, arn, "target group")

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._loop.call(work)

    def _read(self, read: Callable[[], _T]) -> _T:
        async def do() -> _T:
            return read()

        return self._call(do())

    async def _open(self) -> None:
        # Answers pass through as they are, so nothing is decompressed on the way.
        connector = aiohttp.TCPConnector(limit=0, force_close=False)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        self._mark_in_use()
        for listener in self._listeners.values():
            server = web.Server(self._handler(listener), access_log=None)
            listener.runner = web.ServerRunner(server, shutdown_timeout=1.0)
            await listener.runner.setup()
            site = web.TCPSite(listener.runner, "127.0.0.1", 0)
            await site.start()
            listener.port = listener.runner.addresses[0][1]
            declared = f"{listener.entrance.protocol}:{listener.entrance.port}"
            self._cloud.journal.record("ELB", f"listener {declared} answers on 127.0.0.1:{listener.port}")

    async def _close(self) -> None:
        for listener in self._listeners.values():
            if listener.runner is not None:
                await listener.runner.cleanup()
        for group in self._groups.values():
            await group.close()
        if self._session is not None:
            await self._session.close()

    def _mark_in_use(self) -> None:
        rules = [rule for listener in self._listeners.values() for rule in listener.ordered]
        used = {arn for rule in rules for arn in rule.action.weights}
        for arn, group in self._groups.items():
            group.in_use = arn in used

    def _handler(self, listener: Listener) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            assert self._session is not None  # noqa: S101  (open since start)
            return await answer(request, listener, self._groups, self._session, self.access_log)

        return handle


def _known(things: Mapping[str, _T], arn: str, kind: str) -> _T:
    if arn not in things:
        raise LookupError(f"{arn} is not a declared {kind}; declared are {sorted(things)}")
    return things[arn]
