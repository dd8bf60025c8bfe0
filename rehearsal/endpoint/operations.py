"""An imitated service at the endpoint: a class whose methods are the operations of AWS's API.

A method is named as boto3 names it, takes the operation's input and answers its output, both as boto3 shapes them, and is
marked by what a caller needs for it:

    class PipelinesApi:
        @operation(on_pipeline)
        def get_pipeline(self, asked: Mapping[str, Any]) -> Mapping[str, Any]: ...

An input that breaks the API's constraints never reaches it; AwsRefusal is answered in the caller's protocol; an answer that is
none of the API's is a fault of ours. A method with a parameter `caller` is told the ARN of who calls.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from documents.place import Place
from rehearsal.endpoint import refusals
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.aside import aside
from rehearsal.endpoint.constraints import broken, shaped
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.models import model_of, operations_of
from rehearsal.endpoint.permissions import Needed, Rule
from rehearsal.endpoint.protocols import spoken_in
from rehearsal.endpoint.protocols.values import taken
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.service import Forward, Service, SignedOnly
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.identity.authority import AccessDenied, session_arn

_BAD_REQUEST = 400
_STATUS = {"InternalFailure": 500, "NotImplemented": 501}
_RULE = "needed_permissions"

OwnRule = Callable[[Any, Request, Place], list[Needed]]
"""A rule that is a method of an API."""
Method = Callable[..., Mapping[str, Any]]
M = TypeVar("M", bound=Method)


def operation(rule: Rule | OwnRule) -> Callable[[M], M]:
    """Mark a method as an operation whose callers need what `rule` derives from a request.

    A rule that is a method of the same class is told the API: for what only the service knows, such as whose a deployment is.
    """

    def marked(method: M) -> M:
        method.__dict__[_RULE] = rule
        return method

    return marked


def caller_arn(role_arn: str | None, place: Place) -> str:
    """Who calls, as CloudTrail would name them: a role's session, or the administrator."""
    return place.iam_arn("root") if role_arn is None else session_arn(role_arn)


class Operations(SignedOnly):
    """Answers for one service by the methods of its API, and leaves the rest to the emulator where that holds some."""

    def __init__(
        self,
        api: object,
        *,
        model: str,
        place: Place,
        invalid: str = "ValidationException",
        otherwise: Service | None = None,
    ) -> None:
        """`model` is botocore's name of the service, `invalid` its code for inputs that break its constraints.

        `otherwise` answers for operations that `api` does not have.
        """
        self._api = api
        self._model = model
        self._place = place
        self._invalid = invalid
        self._otherwise = otherwise
        members = inspect.getmembers(api, lambda one: _RULE in getattr(one, "__dict__", {}))
        self.methods: Mapping[str, Method] = dict(members)
        """By the operation's name in Python."""

    @property
    def held(self) -> str:
        """Each operation by name."""
        names = operations_of(self._model)
        own = f"{self._model}'s {', '.join(sorted(names[one] for one in self.methods))}"
        return f"{own}, {self._otherwise.held}" if self._otherwise else own

    def begin(self, stored: Stored) -> None:
        """Nothing is kept here."""
        if self._otherwise:
            self._otherwise.begin(stored)

    def end(self, patience: float) -> None:
        """Nothing runs here."""
        if self._otherwise:
            self._otherwise.end(patience)

    def holds(self, request: Request) -> bool:
        """Those of the API, and what is left to the emulator."""
        return self._method(request) is not None or bool(self._otherwise and self._otherwise.holds(request))

    def needed(self, request: Request, place: Place, secret_arn: str | None) -> list[Needed]:
        """What the operation's rule derives; nothing for a request that is refused whoever sends it."""
        method = self._method(request)
        if method is None:
            return self._otherwise.needed(request, place, secret_arn) if self._otherwise else []
        try:
            understood = self._understood(request)
        except AwsRefusal:
            return []
        rule = getattr(method, _RULE)
        if getattr(type(self._api), rule.__name__, None) is rule:
            return rule(self._api, understood, place)
        return rule(understood, place)

    def ask(self, name: str, asked: Mapping[str, Any], **told: str) -> Mapping[str, Any]:
        """Ask for an operation by its name in Python, as another service in this process does; AwsRefusal.

        `told` is what the method is told besides its input. Whether the caller may is the caller's to check.
        """
        described = model_of(self._model).operation_model(operations_of(self._model)[name])
        shape = described.input_shape
        wrong = broken(shape, taken(shape, asked)) if shape else ""
        if wrong:
            raise AwsRefusal(self._invalid, wrong)
        return shaped(self._model, described.name, self.methods[name](asked, **told))

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """Answer by the operation's method, outside the endpoint's own thread: it may wait, or call the endpoint."""
        if self._method(request) is None:
            if self._otherwise:
                return await self._otherwise.answer(request, role_arn, forward)
            return refusals.not_held(request, self.held)
        return await aside(lambda: self._answer(request, role_arn))

    def _answer(self, request: Request, role_arn: str | None) -> Answer:
        try:
            self._refuse_elsewhere(request)
            understood = self._understood(request)
            method = self._method(request)
            told = {"caller": caller_arn(role_arn, self._place)} if method and _asks_who(method) else {}
            answer = method(understood.document, **told) if method else {}
            shaped(self._model, understood.operation, answer)
        except AwsRefusal as refused:
            return self._refused(request, refused.code, refused.message)
        except RehearsalError as refused:
            return self._refused(request, "NotImplemented", str(refused))
        except AccessDenied:
            raise
        except Exception as fault:  # noqa: BLE001  (a fault of ours is said, or clients retry it without a word)
            return self._refused(request, "InternalFailure", f"the rehearsal itself failed: {fault!r}")
        described = model_of(self._model).operation_model(understood.operation)
        return spoken_in(request).answered(described, answer)

    def _refuse_elsewhere(self, request: Request) -> None:
        """Another Region would answer as an empty account; here it would be answered as this one."""
        asked = request.signature.region if request.signature else self._place.region
        if asked != self._place.region:
            raise RehearsalError(
                f"Region {asked}",
                f"the rehearsal's {self._model} is in {self._place.region}",
                f"ask there: export AWS_DEFAULT_REGION={self._place.region}",
            )

    def _understood(self, request: Request) -> Request:
        """The request with its operation and input; AwsRefusal for one that breaks the API's constraints."""
        wire, model = spoken_in(request), model_of(self._model)
        described = model.operation_model(wire.operation_of(request, model))
        asked = wire.asked(request, described)
        wrong = broken(described.input_shape, asked) if described.input_shape else ""
        if wrong:
            raise AwsRefusal(self._invalid, wrong)
        return request.understood(described.name, asked)

    def _method(self, request: Request) -> Method | None:
        model = model_of(self._model)
        asked = spoken_in(request).operation_of(request, model)
        return next(
            (m for name, m in self.methods.items() if operations_of(self._model)[name] == asked), None
        )

    def _refused(self, request: Request, code: str, message: str) -> Answer:
        model = model_of(self._model)
        shape = next((one for one in model.error_shapes if code in {one.name, one.error_code}), None)
        found: Mapping[str, Any] = (shape.metadata.get("error") or {}) if shape is not None else {}
        status = int(found.get("httpStatusCode") or _STATUS.get(code, _BAD_REQUEST))
        return spoken_in(request).refused(model, code, message, status)


def _asks_who(method: Method) -> bool:
    return "caller" in inspect.signature(method).parameters
