"""Lambda: runs declared functions, synchronously or from its queue of events.

AWS documents: lambda/latest/dg/invocation-sync.md, invocation-async-error-handling.md (retries, waits), lambda-concurrency.md
(one invocation at a time in an environment), lambda/latest/api/API_Invoke.md (errors).
"""

import re
import threading
import uuid
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from rehearsal.errors import AwsRefusal
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_ import declared
from rehearsal.lambda_.declared import FUNCTION, Function
from rehearsal.lambda_.execution_environment import ExecutionEnvironment, Invocation
from rehearsal.world.cloud import Cloud

RETRY_WAITS = (60.0, 120.0)
"""Seconds before the second and the third attempt at an event whose function failed."""
THROTTLED_FOR = 6 * 60 * 60.0
"""Seconds that an event waits for concurrency before it is thrown away."""
LONGEST_THROTTLE_WAIT = 300.0

_PATIENCE = 5.0
"""Real seconds for a function that is ended to be told of in its log."""

_NAMED = re.compile(
    r"(?:(?:arn:[\w-]+:lambda:(?P<region>[\w-]+):)?(?P<account>\d{12}):function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)


class InvokeRefused(AwsRefusal):
    """A function cannot be asked; the code is the API's exception name."""


class Functions:
    """The account's functions."""

    def __init__(self, cloud: Cloud, processes: Processes) -> None:
        """`processes` looks after the environments; leaving it stops them."""
        self._cloud = cloud
        self._processes = processes
        self._lock = threading.Lock()
        self._warm: defaultdict[str, list[ExecutionEnvironment]] = defaultdict(list)
        self._running: defaultdict[str, int] = defaultdict(int)
        self._busy: set[ExecutionEnvironment] = set()
        self._events: list[threading.Thread] = []
        self._over = threading.Event()

    def stop(self) -> None:
        """End what runs, and wait for what is still said of it: it is written to an endpoint that goes next."""
        self._over.set()
        with self._lock:
            there = [*self._busy, *(one for some in self._warm.values() for one in some)]
            events = list(self._events)
        for environment in there:
            environment.stop()
        for thread in events:
            thread.join(_PATIENCE)

    def prepare(self) -> None:
        """Start an environment for each declared function ahead of its first invocation, as Lambda may (lambda-runtime-environment.md)."""
        for one in self._cloud.declared(FUNCTION):
            function = declared.read(one)
            if function.reserved != 0:
                self._keep(ExecutionEnvironment(self._cloud, self._processes, function))

    def function(self, named: str, qualifier: str | None = None) -> Function:
        """A declared function by its name or ARN; InvokeRefused when there is none. Versions and aliases are not played."""
        match = _NAMED.fullmatch(named)
        place = self._cloud.place
        if match is None:
            raise InvokeRefused(
                "ValidationException", f"1 validation error detected: {named!r} names no function"
            )
        wanted = qualifier or match["qualifier"] or "$LATEST"
        elsewhere = match["account"] not in (None, place.account) or match["region"] not in (
            None,
            place.region,
        )
        for one in () if elsewhere or wanted != "$LATEST" else self._cloud.declared(FUNCTION):
            if one.id == match["name"]:
                return declared.read(one)
        arn = declared.arn_of(place, match["name"]) + ("" if wanted == "$LATEST" else f":{wanted}")
        raise InvokeRefused("ResourceNotFoundException", f"Function not found: {arn}")

    def functions(self) -> list[Function]:
        """Every declared function."""
        return [declared.read(one) for one in self._cloud.declared(FUNCTION)]

    def invoke(self, function: Function, payload: bytes, request_id: str | None = None) -> Invocation:
        """Run a function to its end. InvokeRefused when it has no concurrency left, or Lambda may not act as its role."""
        request_id = request_id or str(uuid.uuid4())
        # The function's work is real, and so is the time that others wait for it.
        with self._slot(function), self._cloud.clock.held():
            environment = self._take(function)
            try:
                invocation = environment.invoke(payload, request_id)
            finally:
                with self._lock:
                    self._busy.discard(environment)
            self._keep(environment)
        how = f" failed: {invocation.error['errorMessage']}" if invocation.error else " ran"
        self._cloud.journal.record("Lambda", f"function {function.name}{how}", request=request_id)
        return invocation

    def queue(self, function: Function, payload: bytes) -> str:
        """Put an event in the function's queue (InvocationType Event) and answer the request's id."""
        request_id = str(uuid.uuid4())
        thread = threading.Thread(
            target=self._work_off,
            args=(function.name, payload, request_id),
            name=f"event {request_id}",
            daemon=True,
        )
        with self._lock:
            self._events = [one for one in self._events if one.is_alive()] + [thread]
            thread.start()
        return request_id

    def _work_off(self, name: str, payload: bytes, request_id: str) -> None:
        """Try one event: again after a failure, and as long as there is no concurrency for it."""
        waits = iter(RETRY_WAITS)
        throttled = 1.0
        clock = self._cloud.clock
        expires = clock.now() + THROTTLED_FOR
        while clock.now() < expires and not self._over.is_set():
            try:
                if self.invoke(self.function(name), payload, request_id).error is None:
                    return
                wait = next(waits, None)
            except InvokeRefused as refused:
                if refused.code != "TooManyRequestsException":
                    self._cloud.journal.record("Lambda", f"an event of function {name} is lost: {refused}")
                    return
                wait, throttled = throttled, min(throttled * 2, LONGEST_THROTTLE_WAIT)
            if wait is None:
                return
            clock.sleep(wait, until=self._over)

    @contextmanager
    def _slot(self, function: Function) -> Generator[None]:
        with self._lock:
            if function.reserved is not None and self._running[function.arn] >= function.reserved:
                raise InvokeRefused("TooManyRequestsException", "Rate Exceeded.")
            self._running[function.arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[function.arn] -= 1

    def _take(self, function: Function) -> ExecutionEnvironment:
        """A warm environment of exactly this function, or a new one; those of what it was before are ended."""
        with self._lock:
            there, self._warm[function.arn] = self._warm[function.arn], []
            fitting = [one for one in there if one.usable and one.function == function]
            self._warm[function.arn] = fitting[1:]
        for one in there:
            if one not in fitting:
                one.stop()
        try:
            taken = fitting[0] if fitting else ExecutionEnvironment(self._cloud, self._processes, function)
        except AccessDenied as refused:
            raise InvokeRefused(
                "AccessDeniedException",
                f"The role defined for the function cannot be assumed by Lambda. ({refused})",
            ) from refused
        with self._lock:
            self._busy.add(taken)
        if self._over.is_set():
            taken.stop()
            raise InvokeRefused("ServiceException", "the rehearsal ends")
        return taken

    def _keep(self, environment: ExecutionEnvironment) -> None:
        if environment.usable:
            with self._lock:
                self._warm[environment.function.arn].append(environment)
