"""Image references: what they say about where an image is kept, and which are no references at all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.place import Place, partition_of

LONGEST = 255
"""Characters before a digest (Amazon ECS API Reference, ContainerDefinition, image)."""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
_ECR = re.compile(
    r"(?P<account>[0-9]{12})\.dkr(?P<dual>-ecr|\.ecr)(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z.]+)"
)


@dataclass(frozen=True)
class Image:
    """A reference `HOST/REPOSITORY[:TAG][@DIGEST]`."""

    host: str
    """`docker.io` when none is written."""
    repository: str
    tag: str = ""
    digest: str = ""


def parse(text: str) -> Image:
    """The parts of a reference; ValueError says what keeps ECS or the registry from taking it.

    Amazon ECS API Reference, ContainerDefinition (image); the parts' forms are those of the registry protocol
    (OCI Distribution Specification, "Pulling manifests"; Docker's reference grammar).
    """
    named, at, digest = text.partition("@")
    first, slash, rest = named.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if has_host else ("docker.io", named)
    repository, colon, tag = path.partition(":")
    rule = None
    if len(named) > LONGEST:
        rule = f"has {len(named)} characters before its digest; ECS takes {LONGEST}: shorten it"
    elif "://" in text:
        rule = "begins with a scheme; a reference begins with the registry's host: leave https:// away"
    elif has_host and not _HOST.fullmatch(host):
        rule = f"has {host!r} for its registry, which is no host name with an optional port: correct it"
    elif not _PATH.fullmatch(repository):
        rule = (
            f"has {repository!r} for its repository; one is made of small letters, digits, single . _ and -, with / between "
            "its parts: correct it"
        )
    elif colon and not _TAG.fullmatch(tag):
        rule = f"has {tag!r} for its tag; one has letters, digits, _ . and -, at most 128, not . or - first: correct it"
    elif at and not _DIGEST.fullmatch(digest):
        rule = f"has {digest!r} for its digest; one is sha256: and 64 digits or letters a to f: copy it whole"
    if rule is not None:
        raise ValueError(f"{text!r} {rule}")
    _expect_registry(text, host)
    return Image(host, repository, tag, digest)


def _expect_registry(text: str, host: str) -> None:
    """Refuse what looks like ECR and is none of its hosts, which no name server knows."""
    match = _ECR.fullmatch(host)
    if match is None:
        if re.search(r"\.dkr[.-]ecr", host, re.IGNORECASE):
            raise ValueError(
                f"{text!r} is meant for Amazon ECR, and its host is not of the form "
                "ACCOUNT.dkr.ecr.REGION.amazonaws.com (or dkr-ecr, on.aws): the account has twelve digits, the rest small "
                "letters, and no port follows: correct it"
            )
        return
    try:
        partition = partition_of(match["region"])
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None
    suffix = partition.registry_suffix if match["dual"] == "-ecr" else partition.dns_suffix
    if match["suffix"] != suffix:
        raise ValueError(
            f"{text!r} ends its host in {match['suffix']}; ECR's hosts of that form in {match['region']} end in {suffix}: "
            "correct it"
        )
    if match["fips"] and not match["region"].startswith("us-"):
        raise ValueError(
            f"{text!r} names a FIPS endpoint in {match['region']}, and ECR has them in Regions of the United States only "
            "(AWS General Reference, ecr): use dkr.ecr"
        )


def registry_of(host: str) -> Place | None:
    """Whose private ECR registry a host is, in any of its forms; None for any other registry.

    Amazon ECR User Guide, ecr-requests: IPv4 and dual-stack hosts, each also with FIPS.
    """
    match = _ECR.fullmatch(host)
    if match is None:
        return None
    return Place.of(match["account"], match["region"])


def repository_arns(images: Iterable[str]) -> list[str]:
    """ARNs of the private ECR repositories that the images come from, each in its own account and Region.

    Public registries need no grant; the repository of another account must let this one pull besides
    (Amazon ECR User Guide, repository-policy-examples).
    """
    found: set[str] = set()
    for image in map(parse, images):
        owner = registry_of(image.host)
        if owner is not None:
            found.add(owner.arn("ecr", f"repository/{image.repository}"))
    return sorted(found)


def through_cache(images: Iterable[str], prefixes: Sequence[str]) -> list[str]:
    """Those private ECR images whose repository a pull through cache rule with one of the prefixes makes."""
    starts = tuple(f"{prefix.rstrip('/')}/" for prefix in prefixes)
    return [
        image
        for image in images
        if registry_of(parse(image).host) is not None and parse(image).repository.startswith(starts)
    ]
