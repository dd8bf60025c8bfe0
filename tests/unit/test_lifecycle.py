"""The lifecycle policy under every history of pushes and releases: what is live never expires.

The evaluator follows Amazon ECR User Guide, LifecyclePolicies ("Lifecycle policy evaluation rules").
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.lifecycle import RELEASED, lifecycle, may_match_a_release
from settings import SettingsError
from tests.unit.edits import put
from tests.unit.harness import settings

DAY = 24 * 3600


@dataclass
class Stored:
    """An image or index in a repository."""

    digest: str
    pushed: float
    tags: set[str] = field(default_factory=set[str])
    children: tuple[str, ...] = ()


Repository = dict[str, Stored]


def matches(pattern: str, tag: str) -> bool:
    """Whether a pattern of ECR's, in which only `*` is special, matches a tag."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), tag) is not None


def selected(rule: Mapping[str, Any], image: Stored) -> bool:
    """Whether a rule's tagging requirement takes an image; every pattern of its list must match some tag."""
    selection = rule["selection"]
    if selection["tagStatus"] == "any":
        return True
    return bool(image.tags) and all(
        any(matches(pattern, tag) for tag in image.tags) for pattern in selection["tagPatternList"]
    )


def expired(policy: Mapping[str, Any], images: Repository, now: float) -> set[str]:
    """Digests that go: rules by priority, each image by one rule at most, none that an index refers to."""
    gone: set[str] = set()
    taken: set[str] = set()
    referred = {child for image in images.values() for child in image.children}
    for rule in sorted(policy["rules"], key=lambda one: one["rulePriority"]):
        matching = [image for image in images.values() if selected(rule, image)]
        matching.sort(key=lambda image: image.pushed, reverse=True)
        selection = rule["selection"]
        if selection["countType"] == "imageCountMoreThan":
            marked = matching[selection["countNumber"] :]
        else:
            oldest = now - selection["countNumber"] * DAY
            marked = [image for image in matching if image.pushed < oldest]
        gone |= {image.digest for image in marked} - taken
        taken |= {image.digest for image in matching}
    return gone - referred


class Team:
    """Pushes and releases in a repository, at random; what a release does to tags is what the build does."""

    def __init__(self, seed: int, policy: Mapping[str, Any], tags: tuple[str, ...]) -> None:
        self.random = random.Random(seed)  # noqa: S311  (histories, not secrets)
        self.policy, self.tags = policy, tags
        self.images: Repository = {}
        self.live: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self.now = 0.0

    def play(self, steps: int) -> None:
        for number in range(steps):
            self.now += self.random.choice((60, DAY, 40 * DAY))
            act = self.random.choice((self.push, self.push, self.push, self.release, self.clutter))
            act(number)
            for digest in expired(self.policy, self.images, self.now):
                del self.images[digest]
            for stack, digest in self.live.items():
                assert digest in self.images, f"{stack}'s live image expired in step {number}"
                assert all(child in self.images for child in self.images[digest].children)

    def put(self, digest: str, *tags: str, children: tuple[str, ...] = ()) -> None:
        for image in self.images.values():
            image.tags -= set(tags)
        stored = self.images.setdefault(digest, Stored(digest, self.now, children=children))
        stored.tags |= set(tags)

    def push(self, number: int) -> None:
        """Under a stack's tag alone, or with a unique tag, or one that a pattern of the policy takes; or an index."""
        stack = self.random.choice(self.tags)
        more = self.random.choice(([], [f"v{number}"], [f"buildcache-{number}"], [f"main-{number}"]))
        children = self.random.choice(((), (f"sha256:amd-{number}", f"sha256:arm-{number}")))
        for child in children:
            self.put(child)
        self.put(f"sha256:{number}", stack, *more, children=children)
        self.waiting[stack] = f"sha256:{number}"

    def release(self, number: int) -> None:
        """What waits is tagged before it is deployed; half of the deployments are rolled back."""
        stack = self.random.choice(self.tags)
        digest = self.waiting.get(stack)
        if digest is None or digest not in self.images:
            return
        self.put(digest, RELEASED + digest.removeprefix("sha256:"))
        if self.random.random() < 0.5:
            self.live[stack] = digest

    def clutter(self, number: int) -> None:
        """Caches, signatures, images of branches, by the dozen."""
        for i in range(self.random.choice((1, 15, 60))):
            tag = self.random.choice(
                (f"buildcache-{number}-{i}", f"sha256-{number}{i}.sig", f"pr-{number}-{i}")
            )
            self.put(f"sha256:clutter-{number}-{i}", tag)


MOVING = {"prd": 10, "buildcache*": 2, "sha256-*": 3, "main-*": 1}
POLICY = lifecycle({"stg": 1} | MOVING, 61)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_pushed_the_live_image_of_every_stack_stays(seed: int) -> None:
    Team(seed, POLICY, ("stg", "prd")).play(120)


def test_the_histories_would_find_a_policy_without_the_first_rule() -> None:
    """The property can fail: with the rules about numbers and ages alone it does."""
    weaker = {"rules": POLICY["rules"][1:]}
    lost = 0
    for seed in range(12):
        try:
            Team(seed, weaker, ("stg", "prd")).play(120)
        except AssertionError:
            lost += 1
    assert lost > 6, "most histories lose a live image then"


def repository(*images: Stored) -> Repository:
    return {image.digest: image for image in images}


def test_two_hundred_pushes_whose_releases_fail_leave_the_live_image() -> None:
    live = Stored("sha256:live", -400 * DAY, {f"{RELEASED}live"})
    failed = [Stored(f"sha256:{i}", float(i)) for i in range(199)]
    newest = Stored("sha256:newest", 200.0, {"stg"})
    assert "sha256:live" not in expired(POLICY, repository(live, *failed, newest), 90 * DAY)


def test_a_waiting_image_stays_while_it_has_the_stacks_tag() -> None:
    waiting = Stored("sha256:waiting", -400 * DAY, {"stg"})
    assert expired(POLICY, repository(waiting), 0.0) == set()


def test_caches_and_signatures_go_by_their_own_number_and_take_no_image_with_them() -> None:
    """A rule about numbers counts what the rules before it have taken, so none is about the application's images."""
    images = [Stored(f"sha256:{i}", float(i), {f"v{i}"}) for i in range(300)]
    caches = [Stored(f"sha256:cache-{i}", 1000.0 + i, {f"buildcache-{i}"}) for i in range(5)]
    gone = expired(POLICY, repository(*images, *caches), 2000.0)
    assert gone == {"sha256:cache-0", "sha256:cache-1", "sha256:cache-2"}


def test_images_that_were_never_released_go_by_age() -> None:
    old = [Stored("sha256:old", -62 * DAY), Stored("sha256:tagged", -62 * DAY, {"v1"})]
    young = [Stored("sha256:young", -60 * DAY), Stored("sha256:new", -60 * DAY, {"v2"})]
    assert expired(POLICY, repository(*old, *young), 0.0) == {"sha256:old", "sha256:tagged"}


def test_the_children_of_a_released_index_stay_with_it() -> None:
    index = Stored("sha256:index", -400 * DAY, {f"{RELEASED}index"}, ("sha256:amd", "sha256:arm"))
    children = [Stored(digest, -400 * DAY) for digest in index.children]
    assert expired(POLICY, repository(index, *children), 0.0) == set()


def test_each_rule_is_one_that_ecr_takes() -> None:
    """Amazon ECR User Guide, lifecycle_policy_parameters and LifecyclePolicies."""
    rules = POLICY["rules"]
    assert [rule["rulePriority"] for rule in rules] == list(range(1, len(rules) + 1)), "each priority once"
    assert [rule["selection"]["tagStatus"] for rule in rules].index("any") == len(rules) - 1, "the last one"
    for rule in rules:
        selection = rule["selection"]
        assert ("countUnit" in selection) == (selection["countType"] == "sinceImagePushed")
        assert ("tagPatternList" in selection) == (selection["tagStatus"] == "tagged")
    assert 100 <= len(json.dumps(POLICY)) <= 30720, "LifecyclePolicyText"


def test_names_come_before_patterns_so_that_no_pattern_takes_another_stacks_image() -> None:
    patterns = [
        rule["selection"]["tagPatternList"][0]
        for rule in lifecycle({"stg": 1, "p*": 1, "prd": 10}, 90)["rules"]
        if rule["selection"]["tagStatus"] == "tagged"
    ]
    assert patterns == ["released-*", "stg", "prd", "p*"]


TAGS_OF_RELEASES = [RELEASED + digit * 64 for digit in "0123456789abcdef"] + [
    RELEASED + "0123456789abcdef" * 4
]


@given(st.text(alphabet="*relasd-0f.x", min_size=1, max_size=9))
def test_a_pattern_that_matches_some_released_image_is_known_whatever_its_digest(pattern: str) -> None:
    if any(matches(pattern, tag) for tag in TAGS_OF_RELEASES):
        assert may_match_a_release(pattern)


@pytest.mark.parametrize("pattern", ["*f", "*1*", "*a*b", "released*", "*-*", "r*9", "*c0ffee"])
def test_no_moving_tag_is_a_released_images(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"images\.app\.movingTags\.0: .* matches released-"):
        settings(put("images.app.movingTags", [pattern]))


@pytest.mark.parametrize(
    "pattern", ["sha256-*", "*.sig", "buildcache*", "*-dev", "nightly", "release*x", "*g*"]
)
def test_what_no_released_image_has_may_move(pattern: str) -> None:
    assert settings(put("images.app.movingTags", [pattern])).image.moving("stg")[pattern]
