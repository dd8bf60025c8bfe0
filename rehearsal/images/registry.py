"""A client of the registry protocol (OCI distribution-spec), as Docker speaks it to ECR.

Standard library only: the `docker` shim loads it too, and starts with every call of `docker`.
"""

import base64
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from rehearsal.images.image import Blob, Image

ACCEPTED = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_TIMEOUT = 30.0
_NO_SUCCESS, _FORBIDDEN, _NOT_FOUND = 300, 403, 404


class RegistryError(Exception):
    """The registry refused: `status` is HTTP's, `code` and `message` are the registry's own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the three apart."""
        super().__init__(f"{message} ({code}, HTTP {status})" if code else f"{message} (HTTP {status})")
        self.status = status
        self.code = code
        self.message = message


def ecr_token(client: Any) -> str:
    """The token for a registry's Basic authorization, from a boto3 `ecr` client.

    It is `AWS:<password>` in base64 already (ECR API reference, AuthorizationData).
    """
    return str(client.get_authorization_token()["authorizationData"][0]["authorizationToken"])


def basic_token(user: str, password: str) -> str:
    """A Basic token of a user name and a password."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class Registry:
    """A registry at `HOST:PORT`, acting as whoever the token belongs to.

    `token` is called before each request; None sends the request without authorization.
    """

    def __init__(self, address: str, token: Callable[[], str | None]) -> None:
        """Remember where; nothing is sent yet."""
        self._address = address.removeprefix("http://").rstrip("/")
        self._token = token

    def check(self) -> None:
        """Ask whether the registry takes the token (distribution-spec, end-1); raises RegistryError."""
        self._ask("GET", "/v2/")

    def push(self, image: "Image", repository: str, tags: Iterable[str]) -> str:
        """Upload what is missing and put the manifest under each tag, in order; the digest."""
        for variant in image.variants:
            self._push_parts(variant, repository)
            self._put_manifest(variant.manifest, repository, variant.digest)
        self._push_parts(image, repository)
        for tag in tags:
            self._put_manifest(image.manifest, repository, tag)
        return image.digest

    def manifest(self, repository: str, reference: str) -> tuple[str, bytes]:
        """Media type and bytes of the manifest under a tag or digest; raises RegistryError."""
        path = f"/v2/{repository}/manifests/{reference}"
        headers, content = self._ask("GET", path, headers={"Accept": ", ".join(ACCEPTED)})
        return headers.get("content-type", ""), content

    def blob(self, repository: str, digest: str) -> bytes:
        """A layer's or a config's bytes, unchecked; raises RegistryError."""
        return self._ask("GET", f"/v2/{repository}/blobs/{digest}")[1]

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the repository holds a blob already; whoever may not ask uploads it, and is told what is missing.

        The answer to HEAD has no body, so a refusal says nothing there.
        """
        try:
            self._ask("HEAD", f"/v2/{repository}/blobs/{digest}")
        except RegistryError as error:
            if error.status in (_FORBIDDEN, _NOT_FOUND):
                return False
            raise
        return True

    def _push_parts(self, image: "Image", repository: str) -> None:
        for blob in image.blobs:
            if not self.has_blob(repository, blob.digest):
                self._upload(blob, repository)

    def _upload(self, blob: "Blob", repository: str) -> None:
        """Upload in two steps, POST then PUT (distribution-spec, end-4a and end-6), as Docker does."""
        headers, _ = self._ask("POST", f"/v2/{repository}/blobs/uploads/")
        place = headers["location"]
        path = place[place.index("/v2/") :]
        separator = "&" if "?" in path else "?"
        kind = {"Content-Type": "application/octet-stream"}
        self._ask("PUT", f"{path}{separator}digest={blob.digest}", blob.content, kind)

    def _put_manifest(self, manifest: "Blob", repository: str, reference: str) -> None:
        kind = {"Content-Type": manifest.media_type}
        self._ask("PUT", f"/v2/{repository}/manifests/{reference}", manifest.content, kind)

    def _ask(
        self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Response headers (lower case) and body; raises RegistryError for any status from 300."""
        import http.client  # noqa: PLC0415 (20 ms that most calls of the `docker` shim can do without)

        sent = dict(headers or {})
        token = self._token()
        if token:
            sent["Authorization"] = f"Basic {token}"
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT)
        try:
            connection.request(method, path, content if method in ("PUT", "POST", "PATCH") else None, sent)
            response = connection.getresponse()
            body = response.read()
        except OSError as error:
            raise RegistryError(0, "", f"the registry at {self._address} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status >= _NO_SUCCESS:
            raise _refusal(response.status, response.reason, body)
        return {name.lower(): value for name, value in response.getheaders()}, body


def _refusal(status: int, reason: str, body: bytes) -> RegistryError:
    """The refusal in the registry's words (distribution-spec, error codes), or in AWS's."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return RegistryError(status, "", reason)
    if not isinstance(told, dict):
        return RegistryError(status, "", reason)
    answer = cast("dict[str, Any]", told)
    error: dict[str, Any] = (answer.get("errors") or [answer])[0]
    code = str(error.get("code") or error.get("__type") or "")
    return RegistryError(status, code, str(error.get("message") or reason))
