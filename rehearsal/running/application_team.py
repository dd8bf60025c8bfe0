"""The application team, which owns one act: pushing an image under the stack's tag."""

import json
import re
import secrets

from documents.github import subjects
from documents.names import Names
from rehearsal.errors import ApplicationError
from rehearsal.identity.authority import Credentials
from rehearsal.levels.process.level import Level
from rehearsal.levels.version import LocalImage, Version
from rehearsal.running.pushes import Pushes, short
from rehearsal.world.cloud import ADMINISTRATOR, Cloud
from settings import Settings

ROLE = "aws:iam/role:Role"


class ApplicationTeam:
    """Pushes versions of the application as the stack's settings let it."""

    def __init__(self, settings: Settings, names: Names, cloud: Cloud, level: Level, pushes: Pushes) -> None:
        """Make images at `level`; `pushes` remembers what each push starts."""
        self._settings = settings
        self._names = names
        self._cloud = cloud
        self._level = level
        self._pushes = pushes

    def pusher(self) -> Credentials:
        """Who pushes: the declared push role in the hands of its first workflow, or the administrator when nobody is listed."""
        pushers = self._settings.image.pushers
        if not pushers:
            return ADMINISTRATOR
        role = self._cloud.one(ROLE, name=self._names.push)
        claims = {"aud": self._cloud.place.token_audiences[0], "sub": subjects(**pushers[0].model_dump())[0]}
        trust = json.loads(role.inputs["assumeRolePolicy"])
        provider = trust["Statement"][0]["Principal"]["Federated"]
        return self._cloud.authority.assume_with_web_identity(role.arn, provider, claims)

    def push(self, version: Version | LocalImage) -> str:
        """Push a version of the application under a tag of its own and under the stack's tag; its digest.

        ApplicationError when the tag is on that very image already: ECR has nothing to tell of such a push.
        """
        image, tag = self._settings.image, self._settings.source.push.tag
        before = self._tagged()
        expected = self._pushes.expected()
        tags = [f"{_as_tag(version.name)}-{secrets.token_hex(4)}", tag]
        if isinstance(version, LocalImage):
            digest = self._level.push_image(version.image, image.repository, tags, self.pusher())
        else:
            digest = self._level.push(version.folder, version.overlays, image.repository, tags, self.pusher())
        if digest == before:
            raise ApplicationError(
                f"{version.name} is the image {short(digest)}",
                f"the tag {tag} is on it already, so ECR sends no event and no release starts",
                "push an image that differs, or start a release of this digest by hand (docs/operations.md)",
            )
        self._cloud.versions.setdefault(digest, version.name)
        expected(digest)
        return digest

    def _tagged(self) -> str | None:
        """The digest that the stack's tag is on; None when it is on none."""
        image, tag = self._settings.image, self._settings.source.push.tag
        wanted = [{"imageTag": tag}]
        ecr = self._cloud.client("ecr")
        try:
            found = ecr.describe_images(repositoryName=image.repository, imageIds=wanted)["imageDetails"]
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            return None
        return str(found[0]["imageDigest"])


def _as_tag(name: str) -> str:
    """A name as a part of an image tag, which takes letters, digits, `_`, `.` and `-`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip(".-")[:100] or "image"
