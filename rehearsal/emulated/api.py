"""The services that the emulator answers for at the endpoint: those whose resources are stored behind it.

The others (CodePipeline, CodeDeploy, CodeBuild, Elastic Load Balancing, EventBridge, CloudWatch, IAM, SNS's topics and ECS's services and
tasks) are played by the rehearsal's own code. The emulator would answer their calls too, with an account in which nothing exists.
"""

from collections.abc import Callable, Mapping

from documents.place import Place
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.permissions import Needed, needed
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.service import Forward, Service, SignedOnly
from rehearsal.identity.authority import Authority, session_arn

_OK = 200
_NOT_FOUND = 404


class Emulated(SignedOnly):
    """A service that the emulator answers for, as a whole or for some operations."""

    def __init__(self, held: str, operations: Callable[[str], bool] | None = None) -> None:
        """`held` says what is answered, `operations` which those are."""
        self.held = held
        self._operations = operations

    def begin(self, stored: Stored) -> None:
        """Nothing is asked besides."""

    def end(self, patience: float) -> None:
        """Nothing runs."""

    def holds(self, request: Request) -> bool:
        """By operation, where there is a choice."""
        return self._operations is None or self._operations(request.operation)

    def needed(self, request: Request, place: Place, secret_arn: str | None) -> list[Needed]:
        """As the table of permissions has it."""
        return needed(request, place, secret_arn)

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """As the emulator has it."""
        del request, role_arn
        return await forward()


class S3(Emulated):
    """S3, which tells only who may list a bucket that an object is missing."""

    def __init__(self, authority: Authority, place: Place) -> None:
        """Ask `authority` about buckets of `place`'s partition."""
        super().__init__("s3")
        self._authority = authority
        self._place = place

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """AccessDenied instead of "no such key" for who may not list the bucket (AmazonS3/latest/API/API_GetObject.md, Permissions)."""
        answer = await forward()
        bucket, _, key = request.path.lstrip("/").partition("/")
        if role_arn is not None and answer.status == _NOT_FOUND and key and request.method in {"GET", "HEAD"}:
            self._authority.authorize(role_arn, "s3:ListBucket", self._place.bucket_arn(bucket))
        return answer


class Sts(Emulated):
    """STS, which knows the sessions of the declared roles."""

    def __init__(self, place: Place) -> None:
        """Answer for the account of `place`."""
        super().__init__("sts")
        self._account = place.account

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """Who a role's session is; the rest as the emulator has it."""
        if role_arn is not None and request.operation == "GetCallerIdentity":
            return _identity(role_arn, self._account)
        return await forward()


def task_definitions() -> Emulated:
    """What the emulator holds of ECS."""
    return Emulated("ECS's task definitions", lambda operation: "TaskDefinition" in operation)


def services(authority: Authority, place: Place) -> Mapping[str, Service]:
    """Each by its signing name."""
    whole = {name: Emulated(name) for name in ("secretsmanager", "ssm", "kms", "logs", "sqs")}
    return {
        **whole,
        "s3": S3(authority, place),
        "sts": Sts(place),
        "ecs": task_definitions(),
    }


def _identity(role_arn: str, account: str) -> Answer:
    """GetCallerIdentity of a role (STS/latest/APIReference/API_GetCallerIdentity.md)."""
    arn = session_arn(role_arn)
    result = (
        f"<Arn>{arn}</Arn><UserId>AROAREHEARSAL:{arn.rpartition('/')[2]}</UserId><Account>{account}</Account>"
    )
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer(_OK, {"content-type": "text/xml"}, body.encode())
