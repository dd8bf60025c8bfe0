"""What the endpoint asks of a service that answers there."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from documents.place import Place
from rehearsal.endpoint import refusals
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.permissions import Needed
from rehearsal.endpoint.request import Request

Forward = Callable[[], Awaitable[Answer]]
"""Passes the request on to the emulator."""


class Service(Protocol):
    """One service: its signed calls, which are authorized before they come here."""

    @property
    def held(self) -> str:
        """What of it is truly answered, as a refusal of the rest says it."""
        ...

    def begin(self, stored: Stored) -> None:
        """The emulator has been loaded, empty; `stored` asks it."""
        ...

    def end(self, patience: float) -> None:
        """The endpoint stops; return within so many real seconds."""
        ...

    def holds(self, request: Request) -> bool:
        """Whether the truth about what a request asks is here."""
        ...

    def needed(self, request: Request, place: Place, secret_arn: str | None) -> list[Needed]:
        """The permissions that a request which is held here needs; see `rehearsal.endpoint.permissions.needed`."""
        ...

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """Answer a call of a role (None: the administrator); AccessDenied where the answer itself depends on a permission."""
        ...

    def speaks(self, path: str) -> bool:
        """Whether an unsigned request for this path is one of a protocol of the service's own."""
        ...

    async def unsigned(self, request: Request, realm: str, forward: Forward) -> Answer:
        """Answer a request of that protocol; `realm` is where its clients log in."""
        ...


class SignedOnly:
    """Part of a service that has no protocol besides AWS's own, whose requests are signed."""

    def speaks(self, path: str) -> bool:
        """No path is one of another protocol."""
        del path
        return False

    async def unsigned(self, request: Request, realm: str, forward: Forward) -> Answer:
        """Refused."""
        del realm, forward
        return refusals.unsigned(request)
