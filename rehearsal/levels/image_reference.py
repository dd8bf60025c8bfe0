"""An image reference as Docker takes one. Standard library only (see `process/docker_shim.py`)."""

from documents.images import registry_of


class ImageReference:
    """An image reference, `HOST/REPOSITORY[:TAG][@DIGEST]`, taken apart."""

    def __init__(self, text: str) -> None:
        """Take it apart; a name without a host is Docker Hub's, without tag and digest it is `latest`."""
        self.text = text
        name, _, self.digest = text.partition("@")
        first, slash, rest = name.partition("/")
        has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
        self.host = first if has_host else "docker.io"
        self.repository, _, self.tag = (rest if has_host else name).partition(":")

    @property
    def name(self) -> str:
        """Host and repository, as Docker prints them."""
        return f"{self.host}/{self.repository}"

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest, or else the tag."""
        return self.digest or self.tag or "latest"

    @property
    def is_ecr(self) -> bool:
        """Whether the host is a private ECR registry's."""
        return registry_of(self.host) is not None
