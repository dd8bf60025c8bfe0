"""Makes what a program declares in the local cloud, while the program is evaluated."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from documents.place import Place
from rehearsal.errors import RehearsalError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.not_played import refuse_what_is_not_played
from rehearsal.evaluation.program import Monitor, evaluating, plain, run_program
from rehearsal.host.interruption import Interruption
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.kind import InUse

ANSWERS: Mapping[str, Callable[[Place], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda place: {
        "accountId": place.account,
        "arn": place.iam_arn("user/infrastructure"),
        "userId": "AIDAREHEARSAL",
        "id": place.account,
    },
    "aws:index/getRegion:getRegion": lambda place: {
        "region": place.region,
        "name": place.region,
        "description": "rehearsal",
        "endpoint": place.host("ec2"),
        "id": place.region,
    },
}
"""What the local cloud answers to the questions a program asks before it declares anything."""


_REMEDY = "take it out of the program for the rehearsal, or add its kind to its service below rehearsal/ (functions: rehearsal/evaluation/resources.py)"


class UnknownType(RehearsalError, LookupError):
    """The program declares a type of resource that the local cloud cannot make, or asks what it cannot answer."""


class CannotMake(RehearsalError):
    """The local cloud knows the type of a resource, but not what is declared of it."""


def unknown(type_: str, name: str) -> UnknownType:
    """What is said of a resource whose type the local cloud does not know."""
    return UnknownType(f"{type_} ({name})", "the rehearsal does not play this type of resource", _REMEDY)


def answer(place: Place, token: str) -> dict[str, Any]:
    """Result of a function call of the AWS provider."""
    if token not in ANSWERS:
        raise UnknownType(token, "the rehearsal does not play this function", _REMEDY)
    return ANSWERS[token](place)


def make(cloud: Cloud, urn: str, type_: str, name: str, inputs: Mapping[str, Any]) -> Declared:
    """Make one declared resource and put it on record; CannotMake when AWS or the local cloud refuses it."""
    if type_ not in KINDS:
        raise unknown(type_, name)
    kind = KINDS[type_]
    named = kind.with_name(name, plain(inputs), f"{cloud.place.account}{urn}")
    refuse_what_is_not_played(type_, name, named, cloud.place.region)
    try:
        kind.refuse(cloud, named)
        resource_id, added = kind.make(cloud, named)
    except InUse as error:
        raise CannotMake(
            f"{type_} ({name})", f"AWS refuses it beside what is there: {error}", "declare it otherwise"
        ) from error
    except (ClientError, ParamValidationError, LookupError, TypeError, ValueError) as error:
        raise CannotMake(
            f"{type_} ({name})",
            f"the local cloud cannot make it: {type(error).__name__}: {error}",
            "declare it otherwise, or take it out for the rehearsal",
        ) from error
    made = Declared(urn, type_, name, resource_id, named, {**named, "id": resource_id, **added})
    cloud.add(made)
    return made


class _GivenUp(Exception):
    """The program's evaluation ends because a signal has arrived."""


class _Registering(threading.local):
    """Which URN this thread registers: the SDK's mocks are told type and name, which a child of another parent may share."""

    urn = ""


class _Monitor(Monitor):
    def __init__(self, answering: "_Answering") -> None:
        super().__init__(answering)
        self._registering = answering.registering

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  (the SDK calls it)
        self._registering.urn = self.make_urn(request.parent, request.type, request.name)
        return super().RegisterResource(request)


class _Answering(Mocks):
    def __init__(self, cloud: Cloud, interruption: Interruption) -> None:
        self._cloud = cloud
        self.registering = _Registering()
        self._interruption = interruption
        self.refused: list[BaseException] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self._go_on()
        if args.typ.startswith("delivery:"):
            return f"{args.name}-id", dict(args.inputs)
        try:
            made = make(self._cloud, self.registering.urn, args.typ, args.name, args.inputs)
        except BaseException as error:
            self.refused.append(error)
            raise
        return made.id, dict(made.outputs)

    def call(self, args: MockCallArgs) -> Any:
        self._go_on()
        try:
            return answer(self._cloud.place, args.token)
        except BaseException as error:
            self.refused.append(error)
            raise

    def _go_on(self) -> None:
        """Refuse what comes after a signal: the SDK ends in order after a refusal, and hangs after a signal's exception."""
        if self._interruption.pending:
            raise _GivenUp


def declare(
    cloud: Cloud, stack: str, config: Mapping[str, Any], interruption: Interruption | None = None
) -> None:
    """Evaluate the real program with a stack's configuration; what it declares is in the cloud afterwards.

    Raises pulumi.RunError for a finding in the configuration, whatever else the program raises, and what `interruption` raises.
    """
    interruption = interruption or Interruption()
    mocks = _Answering(cloud, interruption)
    with evaluating(_Monitor(mocks), mocks, stack, config):
        try:
            run_program()
        except Exception as error:
            interruption.heed()
            if mocks.refused:  # the SDK wraps what a mock raises in a text of its own
                raise mocks.refused[0] from error
            raise
        interruption.heed()
