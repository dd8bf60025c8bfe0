"""Makes what a program declares in the local cloud, while the program is evaluated."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from rehearsal.cloud import Cloud, Declared
from rehearsal.interruption import Interruption
from rehearsal.program import evaluating, plain, run_program
from rehearsal.resources import KINDS

ANSWERS = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda cloud: {
        "accountId": cloud.account,
        "arn": cloud.place.iam_arn("user/infrastructure"),
        "userId": "AIDAREHEARSAL",
        "id": cloud.account,
    },
    "aws:index/getRegion:getRegion": lambda cloud: {
        "region": cloud.region,
        "name": cloud.region,
        "description": "rehearsal",
        "endpoint": cloud.place.host("ec2"),
        "id": cloud.region,
    },
}
"""What the local cloud answers to the questions a program asks before it declares anything."""


class UnknownType(LookupError):  # noqa: N818  (a limit of the rehearsal, said as one)
    """The program declares a type of resource that the local cloud cannot make."""


def answer(cloud: Cloud, token: str) -> dict[str, Any]:
    """Result of a function call of the AWS provider."""
    if token not in ANSWERS:
        raise UnknownType(f"{token} has no answer in the rehearsal; add one in rehearsal/declaring.py")
    return ANSWERS[token](cloud)


def make(cloud: Cloud, urn: str, type_: str, name: str, inputs: Mapping[str, Any]) -> Declared:
    """Make one declared resource and put it on record."""
    if type_ not in KINDS:
        raise UnknownType(f"{type_} ({name}) is not made by the rehearsal; add it in rehearsal/resources")
    kind = KINDS[type_]
    named = kind.with_name(name, plain(inputs), f"{cloud.account}{urn}")
    resource_id, added = kind.make(cloud, named)
    made = Declared(urn, type_, name, resource_id, named, {**named, "id": resource_id, **added})
    cloud.add(made)
    return made


class _GivenUp(Exception):  # noqa: N818  (nothing went wrong)
    """The program's evaluation ends because a signal has arrived."""


class _Answering(Mocks):
    def __init__(self, cloud: Cloud, interruption: Interruption) -> None:
        self._cloud = cloud
        self._interruption = interruption
        self.refused: list[BaseException] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self._go_on()
        if args.typ.startswith("delivery:"):
            return f"{args.name}-id", dict(args.inputs)
        try:
            made = make(self._cloud, f"{args.typ}::{args.name}", args.typ, args.name, args.inputs)
        except BaseException as error:
            self.refused.append(error)
            raise
        return made.id, dict(made.outputs)

    def call(self, args: MockCallArgs) -> Any:
        self._go_on()
        return answer(self._cloud, args.token)

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
    with evaluating(MockMonitor(mocks), mocks, stack, config):
        try:
            run_program()
        except Exception as error:
            interruption.heed()
            if mocks.refused:  # the SDK wraps what a mock raises in a text of its own
                raise mocks.refused[0] from error
            raise
        interruption.heed()
