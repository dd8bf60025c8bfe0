"""What only the emulator knows about the resources a request names: a secret's full ARN, keys, a tag's digest."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

from documents.place import Place
from rehearsal.endpoint import partitions
from rehearsal.endpoint.emulator import Emulator
from rehearsal.endpoint.permissions import Needed
from rehearsal.endpoint.request import Request

_OK = 200
_ECR = "AmazonEC2ContainerRegistry_V20150921"
_KMS_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


class Stored:
    """Questions to the emulator, asked as the administrator and never recorded."""

    def __init__(self, emulator: Emulator, place: Place) -> None:
        """Ask `emulator` about resources in `place`."""
        self._emulator = emulator
        self._place = place

    async def secret(self, request: Request) -> dict[str, Any]:
        """DescribeSecret of the secret a request names; empty when there is none."""
        named = str(request.document.get("SecretId") or "")
        if not named:
            return {}
        owner = named.split(":")[4] if named.startswith("arn:") and named.count(":") > 5 else ""  # noqa: PLR2004
        region = request.signature.region if request.signature else ""
        body = partitions.asked(json.dumps({"SecretId": named}).encode(), self._place.partition)
        answer = await self._emulator.call(
            "secretsmanager", "DescribeSecret", body, target="secretsmanager", account=owner, region=region
        )
        if answer.status != _OK:
            return {}
        return json.loads(partitions.answered(answer, self._place.partition).body)

    async def digest(self, repository: str, tag: str) -> str | None:
        """Digest of the image that a tag names now."""
        asked = {"repositoryName": repository, "imageIds": [{"imageTag": tag}]}
        found = (await self._json("ecr", "DescribeImages", asked, _ECR)).get("imageDetails", [])
        return found[0]["imageDigest"] if found else None

    async def manifests(self, repository: str) -> dict[str, str]:
        """Every manifest of a repository, by digest."""
        named = {"repositoryName": repository}
        ids = (await self._json("ecr", "ListImages", named, _ECR)).get("imageIds", [])
        found = await self._json("ecr", "BatchGetImage", {**named, "imageIds": ids}, _ECR)
        return {one["imageId"]["imageDigest"]: one["imageManifest"] for one in found.get("images", [])}

    async def blob(self, repository: str, digest: str) -> bytes | None:
        """A layer, or another blob, of a repository; None when it has none of this digest."""
        answer = await self._emulator.get("ecr", "GET", f"/v2/{repository}/blobs/{digest}")
        return answer.body if answer.status == _OK else None

    async def delete(self, repository: str, digests: Sequence[str]) -> dict[str, Any]:
        """Let the emulator delete images; its answer."""
        ids = [{"imageDigest": digest} for digest in digests]
        return await self._json(
            "ecr", "BatchDeleteImage", {"repositoryName": repository, "imageIds": ids}, _ECR
        )

    async def keys(self, request: Request, calls: Sequence[Needed], secret: dict[str, Any]) -> dict[str, str]:
        """ARNs of the customer managed keys that protect the resources of `calls`, by resource."""
        found: dict[str, str] = {}
        for call in calls:
            key = await self._key(request, call, secret)
            managed = await self._customer_key(key) if key else None
            if managed:
                found[call.resource] = managed
        return found

    async def _key(self, request: Request, call: Needed, secret: dict[str, Any]) -> str | None:
        if call.action == "secretsmanager:GetSecretValue":
            return secret.get("KmsKeyId")
        if call.action in ("ssm:GetParameter", "ssm:GetParameters"):
            return await self._parameter_key(request, call)
        if call.action in ("s3:GetObject", "s3:GetObjectVersion") and request.method == "GET":
            bucket, _, key = call.resource.partition(":::")[2].partition("/")
            version = request.query.get("versionId", [""])[0]
            query = f"versionId={quote(version)}" if version else ""
            return (await self._emulator.get("s3", "HEAD", f"/{bucket}/{key}", query)).headers.get(
                _KMS_HEADER
            )
        if call.action == "s3:PutObject":
            return request.headers.get(_KMS_HEADER) or await self._bucket_key(call.resource)
        return None

    async def _bucket_key(self, object_arn: str) -> str | None:
        bucket = object_arn.partition(":::")[2].partition("/")[0]
        answer = await self._emulator.get("s3", "GET", f"/{bucket}", "encryption=")
        if answer.status != _OK:
            return None
        document = fromstring(answer.body)  # noqa: S314  (written by the emulator in this process)
        return next((one.text for one in document.iter() if one.tag.endswith("KMSMasterKeyID")), None)

    async def _parameter_key(self, request: Request, call: Needed) -> str | None:
        if not request.document.get("WithDecryption"):
            return None
        name = call.resource.partition(":parameter/")[2]
        for one in (f"/{name}", name):
            wanted = [{"Key": "Name", "Option": "Equals", "Values": [one]}]
            answer = await self._json("ssm", "DescribeParameters", {"ParameterFilters": wanted}, "AmazonSSM")
            for parameter in answer.get("Parameters", []):
                if parameter.get("Type") == "SecureString":
                    return parameter.get("KeyId")
        return None

    async def _customer_key(self, key: str) -> str | None:
        if "alias/aws/" in key:
            return None
        found = (await self._json("kms", "DescribeKey", {"KeyId": key}, "TrentService")).get(
            "KeyMetadata", {}
        )
        if found.get("KeyManager", "CUSTOMER") != "CUSTOMER":
            return None
        return found.get("Arn") or (key if key.startswith("arn:") else self._place.arn("kms", f"key/{key}"))

    async def _json(self, service: str, operation: str, asked: dict[str, Any], target: str) -> dict[str, Any]:
        answer = await self._emulator.call(service, operation, json.dumps(asked).encode(), target=target)
        return json.loads(answer.body) if answer.status == _OK else {}
