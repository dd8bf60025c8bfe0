"""The ECR lifecycle policy: what may expire, and what never may because it could be live."""

from collections.abc import Mapping
from typing import Any

RELEASED = "released-"
"""Beginning of the tag that a release gives its image before anything is deployed; the digest's 64 hex digits follow."""

UNREACHED = 999_999
"""More images than a repository holds (Amazon ECR User Guide, service-quotas: 100,000): such a rule expires nothing."""

FILTERS = 5
"""Exclusion filters of one repository (Amazon ECR API Reference, PutImageTagMutability)."""


def may_match_a_release(pattern: str) -> bool:
    """Whether a pattern of ECR's, in which only `*` is special, matches the tag of any released image."""
    ends = {0}  # how far into such a tag the pattern may have come
    for letter in pattern:
        if letter == "*":
            ends = {end for begin in ends for end in range(begin, len(_TAG) + 1)}
        else:
            ends = {at + 1 for at in ends if at < len(_TAG) and letter in _TAG[at]}
    return len(_TAG) in ends


_TAG = (*RELEASED, *["0123456789abcdef"] * 64)
"""What may stand at each place of a released image's tag."""


def lifecycle(moving: Mapping[str, int], keep_days: int) -> dict[str, Any]:
    """Lifecycle rules (Amazon ECR User Guide, LifecyclePolicies and lifecycle_policy_parameters).

    ECR knows tags, numbers and the time of the push, never what runs. An image that a rule's tags match can't be expired
    by a rule of lower priority, so what was ever handed to a deployment is shielded first, by the tag its release gave it:
    however many pushes fail or wait after it, and whatever other tags it has. Then come the tags that move by their names,
    which are on one image each, and then the patterns, `moving` giving how many images of each stay. The rest goes by age:
    a rule about numbers counts the images of the rules before it too, so a hundred signatures would push out what a team
    pushed last week.
    """
    named = [one for one in moving if "*" not in one]
    patterns = {one: keep for one, keep in moving.items() if "*" in one}
    rules = [
        _tagged(f"{RELEASED}*", UNREACHED, "images that were released stay"),
        *(_tagged(name, 1, f"the image under {name} stays") for name in named),
        *(
            _tagged(pattern, keep, f"{keep} images under {pattern} stay")
            for pattern, keep in patterns.items()
        ),
        {
            "description": f"what was never released stays {keep_days} days",
            "selection": {
                "tagStatus": "any",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": keep_days,
            },
        },
    ]
    return {
        "rules": [
            {"rulePriority": priority, **rule, "action": {"type": "expire"}}
            for priority, rule in enumerate(rules, 1)
        ]
    }


def _tagged(pattern: str, keep: int, description: str) -> dict[str, Any]:
    """One pattern a rule: several patterns of one rule must all match."""
    selection = {
        "tagStatus": "tagged",
        "tagPatternList": [pattern],
        "countType": "imageCountMoreThan",
        "countNumber": keep,
    }
    return {"description": description, "selection": selection}
