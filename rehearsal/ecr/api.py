"""ECR in front of the emulator: the registry protocol by a role's token, fixed tags, and an event for each push.

AWS documents: AmazonECR/latest/userguide/registry_auth.md, image-push-iam.md, image-tag-mutability.md; the errors of
AmazonECR/latest/APIReference/API_PutImage.md.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from documents.place import Place
from rehearsal.ecr.image_deletion import delete_images
from rehearsal.ecr.other_registries import needed_there, refused_there
from rehearsal.ecr.registry_calls import RegistryRequest, registry_needed, registry_request
from rehearsal.ecr.registry_rules import (
    Push,
    RegistryTokens,
    TagRule,
    digest_of,
    fixed_tag_text,
    token_answer,
)
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.links import Links
from rehearsal.endpoint.permissions import Needed, Underivable
from rehearsal.endpoint.refusals import json_error, registry_error
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.service import Forward
from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import AccessDenied, Authority

_OK = 200
_CREATED = 201
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404


class Ecr:
    """Decides over registry requests and over the ECR operations that the emulator gets wrong."""

    def __init__(self, authority: Authority, place: Place, on_push: Callable[[Push], None]) -> None:
        """Call `on_push` for each push, in a thread of its own."""
        self._authority = authority
        self._place = place
        self._stored_behind: Stored | None = None
        self._on_push = on_push
        self._tokens = RegistryTokens()
        self._links = Links("/ecr-layers/")
        self._one_push = asyncio.Lock()  # a tag is looked at and moved as one step
        self._pushes: list[threading.Thread] = []
        self.rules: dict[str, TagRule] = {}
        """Which tags are fixed, by repository; learned from CreateRepository and PutImageTagMutability."""

    held = "ecr"

    def begin(self, stored: Stored) -> None:
        """Ask `stored` what a tag is on; no repository has a rule yet."""
        self._stored_behind = stored
        self._one_push = asyncio.Lock()
        self.rules.clear()

    def end(self, patience: float) -> None:
        """Give the handlers of pushes that long, together, to return."""
        for thread in self._pushes:
            thread.join(patience / len(self._pushes))
        self._stored_behind = None

    def holds(self, request: Request) -> bool:
        """All of it."""
        del request
        return True

    def needed(self, request: Request, place: Place, secret_arn: str | None) -> list[Needed]:
        """As the table of permissions has it, in the registry that the call is about."""
        del secret_arn
        return needed_there(request, place)

    def speaks(self, path: str) -> bool:
        """Whether a path is one of the registry protocol's, or an address for one layer."""
        return path == "/v2" or path.startswith("/v2/") or self._links.holds(path)

    @property
    def _stored(self) -> Stored:
        if self._stored_behind is None:
            raise RehearsalError("ECR", "it answers between the gateway's start and stop", "start it first")
        return self._stored_behind

    async def unsigned(self, request: Request, realm: str, forward: Forward) -> Answer:
        """Answer one request of the registry protocol, or the reading of one layer; `realm` is where clients log in."""
        if self._links.holds(request.path):
            return await self._linked(request)
        return await self._protocol(request, realm, forward)

    async def _protocol(self, request: Request, realm: str, forward: Forward) -> Answer:
        try:
            role_arn = self._tokens.owner(request.headers["authorization"])
        except KeyError:
            return registry_error(_UNAUTHORIZED, "UNAUTHORIZED", "Not Authorized", realm)
        except LookupError:
            expired = "Your authorization token has expired. Reauthenticate and try again."
            return registry_error(_UNAUTHORIZED, "DENIED", expired, realm)
        if request.path.rstrip("/") == "/v2":
            return await forward()
        try:
            return await self._registry(request, role_arn, forward)
        except Underivable as unknown:
            return registry_error(405, "UNSUPPORTED", str(unknown))
        except AccessDenied as denied:
            return registry_error(403, "DENIED", str(denied))

    async def answer(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        """Answer one authorized ECR API request."""
        refused = refused_there(request, role_arn, self._place)
        if refused is not None:
            return refused
        if request.operation == "GetAuthorizationToken":
            return self._token(request, role_arn)
        if request.operation == "PutImage":
            return await self._put_image(request, forward)
        if request.operation == "BatchDeleteImage":
            return await delete_images(self._stored, request.document)
        answer = await forward()
        return await self._completed(request, answer) if answer.status == _OK else answer

    def _token(self, request: Request, role_arn: str | None) -> Answer:
        """One token for every registry that is asked for: it is its owner's anywhere (API_GetAuthorizationToken.md)."""
        accounts = request.document.get("registryIds") or [self._place.account]
        registries = [self._place.elsewhere(account=str(one)).registry for one in accounts]
        headers = {"content-type": "application/x-amz-json-1.1"}
        return Answer(_OK, headers, token_answer(self._tokens.issue(role_arn), registries))

    async def _completed(self, request: Request, answer: Answer) -> Answer:
        """What the emulator answers, with what it does not know."""
        if request.operation == "GetDownloadUrlForLayer":
            return await self._link(request)
        if request.operation in {"CreateRepository", "PutImageTagMutability"}:
            self.rules[request.document["repositoryName"]] = TagRule.of(request.document)
        if request.operation == "DescribeRepositories":
            return self._with_rules(answer)
        if request.operation == "DescribeImages":
            return self._missing_image(request.document, answer) or answer
        return answer

    async def _link(self, request: Request) -> Answer:
        """Where a layer can be read, by whoever is told (API_GetDownloadUrlForLayer.md)."""
        repository, digest = str(request.document["repositoryName"]), str(request.document["layerDigest"])
        if await self._stored.blob(repository, digest) is None:
            text = (
                f"The layer with digest '{digest}' does not exist in the repository with name '{repository}'"
            )
            return json_error("LayersNotFoundException", text)
        url = self._links.give(f"http://{request.headers['host']}", repository, digest)
        body = json.dumps({"downloadUrl": url, "layerDigest": digest}).encode()
        return Answer(_OK, {"content-type": "application/x-amz-json-1.1"}, body)

    async def _linked(self, request: Request) -> Answer:
        found = self._links.named(request.path) if request.method == "GET" else None
        blob = await self._stored.blob(found[0], found[1]) if found else None
        if blob is None:
            return Answer(_FORBIDDEN, {"content-type": "text/plain"}, b"AccessDenied")
        return Answer(_OK, {"content-type": "application/octet-stream"}, blob)

    async def _registry(self, request: Request, role_arn: str | None, forward: Forward) -> Answer:
        asked = registry_request(request.path)
        if asked is None:
            return registry_error(_NOT_FOUND, "UNSUPPORTED", "The operation is unsupported.")
        calls = registry_needed(request.method, asked, self._place)
        if role_arn is not None:
            for call in calls:
                self._authority.authorize(role_arn, call.action, call.resource, call.context)
        if request.method == "PUT" and asked.tag:
            return await self._put_manifest(request, asked, forward)
        return self._in_words_of_ecr(asked, await forward())

    async def _put_manifest(self, request: Request, asked: RegistryRequest, forward: Forward) -> Answer:
        tag, digest = asked.reference, digest_of(request.body)
        async with self._one_push:
            before = await self._stored.digest(asked.repository, tag)
            if self._refuses(asked.repository, tag, before, digest):
                return registry_error(400, "TAG_INVALID", fixed_tag_text(asked.repository, tag))
            answer = await forward()
            if answer.status == _CREATED and before != digest:
                self._pushed(asked.repository, tag, digest)
        return self._in_words_of_ecr(asked, answer)

    async def _put_image(self, request: Request, forward: Forward) -> Answer:
        asked = request.document
        repository, tag = str(asked.get("repositoryName")), str(asked.get("imageTag") or "")
        digest = digest_of(str(asked.get("imageManifest", "")).encode())
        if asked.get("imageDigest", digest) != digest:
            text = f"The provided image digest does not match the digest {digest} calculated for the manifest"
            return json_error("ImageDigestDoesNotMatchException", text)
        async with self._one_push:
            before = await self._stored.digest(repository, tag) if tag else None
            if before == digest:
                text = (
                    f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name"
                )
                text += f" '{repository}' in registry with id '{self._place.account}'"
                return json_error("ImageAlreadyExistsException", text)
            if self._refuses(repository, tag, before, digest):
                return json_error("ImageTagAlreadyExistsException", fixed_tag_text(repository, tag))
            answer = await forward()
            if answer.status == _OK and tag:
                self._pushed(repository, tag, digest)
        return answer

    def _refuses(self, repository: str, tag: str, before: str | None, digest: str) -> bool:
        return before not in {None, digest} and self.rules.get(repository, TagRule()).fixed(tag)

    def _pushed(self, repository: str, tag: str, digest: str) -> None:
        push = Push(repository, tag, digest, self._place.account, self._place.region)
        thread = threading.Thread(
            target=self._on_push, args=(push,), name=f"push-{repository}:{tag}", daemon=True
        )
        self._pushes = [one for one in self._pushes if one.is_alive()] + [thread]
        thread.start()

    def _in_words_of_ecr(self, asked: RegistryRequest, answer: Answer) -> Answer:
        if answer.status != _NOT_FOUND or not answer.body:
            return answer
        code = str(json.loads(answer.body)["errors"][0]["code"])
        texts = {
            "NAME_UNKNOWN": f"The repository with name '{asked.repository}' does not exist in the registry with id"
            f" '{self._place.account}'",
            "MANIFEST_UNKNOWN": "Requested image not found",
        }
        return registry_error(_NOT_FOUND, code, texts[code]) if code in texts else answer

    def _with_rules(self, answer: Answer) -> Answer:
        """Repositories with the tags that may move, which the emulator forgets (API_DescribeRepositories.md)."""
        told: dict[str, Any] = json.loads(answer.body)
        for one in told["repositories"]:
            one.update(self.rules.get(one["repositoryName"], TagRule()).shown())
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return Answer(answer.status, headers, json.dumps(told).encode())

    def _missing_image(self, asked: dict[str, Any], answer: Answer) -> Answer | None:
        """ImageNotFoundException where the emulator answers with fewer images (API_DescribeImages.md)."""
        found: list[dict[str, Any]] = json.loads(answer.body)["imageDetails"]
        for wanted in asked.get("imageIds") or []:
            digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
            if any(
                digest in {None, one["imageDigest"]} and (tag is None or tag in one.get("imageTags", []))
                for one in found
            ):
                continue
            named = f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"
            text = f"The image with imageId {named} does not exist within the repository with name"
            text += f" '{asked['repositoryName']}' in the registry with id '{self._place.account}'"
            return json_error("ImageNotFoundException", text)
        return None
