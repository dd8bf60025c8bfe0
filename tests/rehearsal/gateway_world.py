"""A running gateway as its callers meet it, and one role whose policies each test sets."""

import base64
import hashlib
import http.client
import json
import queue
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.ecr.registry_rules import Push
from rehearsal.gateway.gateway import Gateway
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.running.endpoint import local_endpoint

ACCOUNT = "123456789012"
REGION = "us-east-1"
ADMINISTRATOR = Credentials("test", "test", None, None)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/rehearsal"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/web-execution"
FAMILY = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:*"


@dataclass
class Local:
    """A running gateway, and one role whose policies each test sets."""

    gateway: Gateway
    authority: Authority
    pushes: "queue.Queue[Push]"
    credentials: Credentials
    clients: dict[tuple[str | None, ...], Any] = field(default_factory=dict[tuple[str | None, ...], Any])

    def allow(self, *statements: tuple[str | list[str], str | list[str]]) -> None:
        """Let the role do exactly this from now on."""
        document = [
            {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements
        ]
        nothing = [{"Effect": "Allow", "Action": "none:Nothing", "Resource": "*"}]
        self.authority.put_policy(ROLE, "inline", {"Version": "2012-10-17", "Statement": document or nothing})

    def client(self, service: str, who: Credentials | None = None, config: Config | None = None) -> Any:
        """A boto3 client, the role's own when nobody is named; made once for each caller."""
        caller = who or self.credentials
        found = None if config else self.clients.get((service, caller.access_key_id, caller.session_token))
        if found is None:
            found = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.gateway.endpoint,
                aws_access_key_id=caller.access_key_id,
                aws_secret_access_key=caller.secret_access_key,
                aws_session_token=caller.session_token,
                config=config or Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        if config is None:
            self.clients[service, caller.access_key_id, caller.session_token] = found
        return found

    def admin(self, service: str) -> Any:
        """The infrastructure team's client."""
        return self.client(service, ADMINISTRATOR)

    def registry(
        self, method: str, path: str, password: str | None, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One raw request of the registry protocol."""
        if password is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode()
        connection = http.client.HTTPConnection(self.gateway.endpoint.removeprefix("http://"), timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def password(self, who: Credentials | None = None) -> str:
        """A registry password of the role or of someone else."""
        data = self.client("ecr", who).get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        assert user == "AWS", "ECR's only user name (registry_auth.md)"
        return password

    def push(self, repository: str, tag: str, content: bytes, password: str) -> tuple[int, str, bytes]:
        """Push a one-layer image; answers the last status, the manifest's digest and the last body."""
        layers: list[dict[str, Any]] = []
        for blob in (b"{}", content):
            digest = digest_of(blob)
            status, headers, body = self.registry("POST", f"/v2/{repository}/blobs/uploads/", password)
            if status != 202:
                return status, "", body
            place = headers["location"]
            self.registry("PATCH", place, password, blob)
            status, _, body = self.registry("PUT", f"{place}?digest={digest}", password)
            assert status == 201, body
            layers.append({"mediaType": "application/octet-stream", "size": len(blob), "digest": digest})
        manifest = json.dumps({"schemaVersion": 2, "config": layers[0], "layers": layers[1:]}).encode()
        kind = "application/vnd.oci.image.manifest.v1+json"
        where = f"/v2/{repository}/manifests/{tag}"
        status, _, body = self.registry("PUT", where, password, manifest, **{"Content-Type": kind})
        return status, digest_of(manifest), body

    def cleared(self) -> Self:
        """The same with a role that may nothing, and no push waiting to be read."""
        self.allow()
        while not self.pushes.empty():
            self.pushes.get()
        return self

    def no_push(self) -> bool:
        """Whether no push was announced, given a moment to be."""
        try:
            self.pushes.get(timeout=0.1)
        except queue.Empty:
            return True
        return False


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def code_and_text(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = refused.value.response["Error"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    return error.get("Code", ""), error.get("Message", "")


def implicit(action: str, resource: str) -> str:
    text = f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "
    return text + f"because no identity-based policy allows the {action} action"


def repository_arn(name: str) -> str:
    return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"


@contextmanager
def running_gateway() -> Generator[Local]:
    authority = Authority()
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    authority.put_role(ROLE, {"Version": "2012-10-17", "Statement": [trust]})
    pushes: queue.Queue[Push] = queue.Queue()
    with local_endpoint(authority, pushes.put) as gateway:
        yield Local(gateway, authority, pushes, authority.assume(ROLE, "codebuild.amazonaws.com"))
