"""Pushes close together, out of order, twice, and while something runs: the newest wins, and nothing goes backwards.

ECR's events are neither ordered nor delivered once only (eventbridge/latest/userguide/eb-service-event, "best effort" and
"at least once"), so a release that a push started asks whether it is still the newest.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.codepipeline.execution import Execution
from rehearsal.errors import ApplicationError
from rehearsal.faults import changed, provided
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal.stagehands import (
    Door,
    Replay,
    answering,
    build_provider,
    builds,
    deployed,
    digest_of,
    ended,
    failure,
    holding,
    ran,
    release,
    start,
    until,
    version,
)

WAITING_MIGRATION = """
import pathlib, time
pathlib.Path({begun!r}).touch()
while not pathlib.Path({go!r}).exists():
    time.sleep(0.01)
print("migrated at last")
"""


@pytest.fixture(scope="module")
def before(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Execution:
    """The release that came before the others; that its migration is skipped is quicker."""
    with holding(rehearsal) as push:
        event = push(version(tmp_path_factory.mktemp("first"), "first"))
    released = release(rehearsal, digest_of(event), MIGRATE="skip")
    assert released.status == "Succeeded", released.summary
    return released


@pytest.fixture(scope="module")
def first(before: Execution) -> str:
    """Digest of the version that was released before the others came."""
    return before.action("Source").outputs["ImageDigest"]


@pytest.fixture
def superseded(rehearsal: Rehearsal) -> Iterator[Door]:
    """The pipeline in mode SUPERSEDED, its stage Release held by an execution until the door opens."""
    pipeline = rehearsal.cloud.one(PIPELINE_TYPE)
    door = Door(build_provider(rehearsal))
    with (
        changed(rehearsal.cloud, pipeline, executionMode="SUPERSEDED"),
        provided(rehearsal.pipeline, "CodeBuild", door),
    ):
        inside = start(rehearsal, None)
        assert door.reached.wait(10)
        try:
            yield door
        finally:
            door.opened.set()
            ended(rehearsal, inside)


def executions(rehearsal: Rehearsal) -> int:
    return len(rehearsal.pipeline.executions(rehearsal.pipeline_name))


def test_a_push_under_another_tag_starts_nothing(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """The rule matches the stack's tag only; the same image may carry other tags as well."""
    before = executions(rehearsal)
    image, other = rehearsal.settings.image.repository, version(tmp_path, "other")
    tags = ["nightly", f"{rehearsal.settings.source.push.tag}-2"]
    rehearsal.level.push(other.folder, other.overlays, image, tags, rehearsal.team.pusher())
    until(
        lambda: [e for e in rehearsal.journal.entries("ECR") if tags[1] in e.message], "the event of the push"
    )
    time.sleep(0.1)
    assert executions(rehearsal) == before


def test_pushing_the_same_image_again_starts_nothing(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    """The tag is on this digest already, so ECR has nothing to tell of."""
    before, image = executions(rehearsal), rehearsal.settings.image
    again = version(tmp_path, "first")
    client = rehearsal.cloud.client("ecr", rehearsal.team.pusher())
    packed = pack(again.folder, overlays=again.overlays)
    registry = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(client))
    assert registry.push(packed, image.repository, [rehearsal.settings.source.push.tag]) == first, (
        "the image is the same, byte for byte"
    )
    time.sleep(0.1)
    assert executions(rehearsal) == before


def test_pushing_a_version_that_the_tag_is_on_already_is_said_and_never_taken_for_the_release_before(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    """What it says is what EventBridge would have: nothing (ECR API Reference, PutImage: no changes since the last push)."""
    before = executions(rehearsal)
    with pytest.raises(ApplicationError, match=r"the tag stg is on it already, so ECR sends no event"):
        rehearsal.team.push(version(tmp_path, "first"))
    assert executions(rehearsal) == before


def test_pushing_an_older_image_again_is_a_release_of_its_own(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    """The tag moves back to a digest that was released before; the wait is for this push's execution."""
    rehearsal.pushes.release_of(rehearsal.team.push(version(tmp_path, "between")))
    earlier = [one.id for one in rehearsal.pipeline.executions(rehearsal.pipeline_name)]
    again = rehearsal.team.push(version(tmp_path, "first"))
    assert again == first
    execution = rehearsal.pushes.release_of(again)
    assert execution.id not in earlier
    assert execution.status == "Succeeded"
    assert rehearsal.pushes.release_of(again).id == execution.id, "asked twice, the answer is the same"
    assert [one.version for one in rehearsal.users.answering()] == ["first"]


def test_of_two_pushes_100_ms_apart_the_later_one_ends_in_production(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    earlier, later = version(tmp_path, "two-a"), version(tmp_path, "two-b")
    one = rehearsal.team.push(earlier)
    time.sleep(0.1)
    two = rehearsal.team.push(later)
    releases = [rehearsal.pushes.release_of(one), rehearsal.pushes.release_of(two)]
    assert releases[1].status == "Succeeded"
    assert deployed(releases)[-1] == two
    assert len(builds(releases)) == 2, "each release has its turn; their builds never overlap"
    assert answering(rehearsal) == "two-b"


def test_events_in_the_wrong_order_and_one_of_them_twice_change_nothing_of_that(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    with holding(rehearsal) as push:
        older, newer = push(version(tmp_path, "order-a")), push(version(tmp_path, "order-b"))
    started = [id_ for event in (newer, older, newer) for id_ in rehearsal.pushes.deliver(event)]
    newest, stale, again = ended(rehearsal, *started)
    assert (newest.status, again.status) == ("Succeeded", "Succeeded"), (
        "the second event releases the same digest"
    )
    said = failure(stale, "Check")
    tag = rehearsal.settings.source.push.tag
    assert said == (
        f"stale push of {digest_of(older)}: the tag {tag} is on {digest_of(newer)} by now; do nothing, the newer push has "
        "a release of its own; nothing was migrated"
    )
    assert ran(stale) == ["Source", "Check"]
    assert deployed([newest, stale, again]) == [digest_of(newer)] * 2, "nothing goes backwards"
    assert len(builds([newest, stale, again])) == 2, "the stale one provisions nothing"
    assert answering(rehearsal) == "order-b"


def test_pushes_during_a_migration_wait_for_its_release_and_end_on_the_newest_whatever_order_their_events_come_in(
    rehearsal: Rehearsal, first: str, tmp_path: Path
) -> None:
    """What QUEUED is declared for: every event gets its turn, so the newest digest is never lost."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    slow = WAITING_MIGRATION.format(begun=str(begun), go=str(go))
    one = rehearsal.team.push(version(tmp_path, "slow-a", migrate_py=slow))
    until(begun.exists, "the first migration to begin")
    with holding(rehearsal) as push:
        two, three = push(version(tmp_path, "slow-b")), push(version(tmp_path, "slow-c"))
    later = [id_ for event in (three, two) for id_ in rehearsal.pushes.deliver(event)]
    until(
        lambda: [rehearsal.pipeline.execution(id_).stage for id_ in later] == ["Release"] * 2,
        "both to queue up",
    )
    assert [ran(rehearsal.pipeline.execution(id_)) for id_ in later] == [["Source"]] * 2, "neither builds yet"
    go.touch()
    done = [rehearsal.pushes.release_of(one), *ended(rehearsal, *later)]
    assert [each.status for each in done] == ["Succeeded", "Succeeded", "Failed"]
    assert f"is on {digest_of(three)} by now" in failure(done[2], "Check")
    assert deployed(done) == [one, digest_of(three)]
    assert len(builds(done)) == 2
    assert answering(rehearsal) == "slow-c"


def test_under_superseded_a_waiting_release_gives_way_to_the_next(
    rehearsal: Rehearsal, before: Execution, superseded: Door, tmp_path: Path
) -> None:
    """codepipeline/latest/userguide/concepts-how-it-works.md, SUPERSEDED: a more recent execution overtakes a waiting one."""
    with holding(rehearsal) as push:
        older, newer = push(version(tmp_path, "mode-a")), push(version(tmp_path, "mode-b"))
    # Which execution comes to build is the question here, not how.
    superseded.provider = Replay.of(rehearsal, before)
    started = [id_ for event in (older, newer) for id_ in rehearsal.pushes.deliver(event)]
    overtaken = rehearsal.pipeline.wait(started[0], 30)
    superseded.opened.set()
    newest = rehearsal.pipeline.wait(started[1], 60)
    assert (overtaken.status, newest.status) == ("Superseded", "Succeeded")
    assert ran(overtaken) == ["Source"]
    assert answering(rehearsal) == "mode-b"


def test_under_superseded_events_in_the_wrong_order_lose_the_newest_release_which_is_why_queued_is_declared(
    rehearsal: Rehearsal, first: str, superseded: Door, tmp_path: Path
) -> None:
    """The stale execution is the more recent one, so it overtakes the newest digest's, and then refuses to go backwards."""
    assert rehearsal.settings.release.mode == "QUEUED"
    before = answering(rehearsal)
    with holding(rehearsal) as push:
        older, newer = push(version(tmp_path, "lost-a")), push(version(tmp_path, "lost-b"))
    started = [id_ for event in (newer, older) for id_ in rehearsal.pushes.deliver(event)]
    lost = rehearsal.pipeline.wait(started[0], 30)
    superseded.opened.set()
    stale = rehearsal.pipeline.wait(started[1], 60)
    assert lost.status == "Superseded"
    assert f"is on {digest_of(newer)} by now" in failure(stale, "Check"), (
        "whoever reads it learns what to release"
    )
    assert answering(rehearsal) == before, "at least nothing went backwards"


def test_an_older_digest_chosen_by_hand_is_rolled_back_to_without_migrating(
    rehearsal: Rehearsal, first: str
) -> None:
    """A chosen release is asked nothing about the tag: going back is what its operator wants."""
    before = len(rehearsal.journal.entries("CodeBuild"))
    assert answering(rehearsal) != "first"
    back = release(rehearsal, first, MIGRATE="skip")
    assert back.status == "Succeeded", back.summary
    assert deployed([back]) == [first]
    assert answering(rehearsal) == "first"
    assert len(rehearsal.journal.entries("CodeBuild")) > before
    assert back.action("Migrate").outputs["DELIVERY_IMAGE_DIGEST"] == first


@pytest.mark.parametrize("variable", ["MIGRATE", "TRIGGER"])
def test_a_variable_that_means_nothing_is_refused_before_anything_happens(
    rehearsal: Rehearsal, first: str, variable: str
) -> None:
    refused = release(rehearsal, first, **{variable: "nonsense"})
    assert ran(refused) == ["Source", "Check"]
    said = failure(refused, "Check")
    assert f"pipeline variable {variable} 'nonsense': it is" in said
    assert "start the release again with one of them" in said


def test_every_service_goes_by_the_clock_that_was_given_at_the_start(
    rehearsal: Rehearsal, first: str
) -> None:
    """Two clocks that pass at different speeds would part by minutes within seconds."""
    clock, balancers = rehearsal.cloud.clock, rehearsal.load_balancers
    before = clock.now()
    answering(rehearsal)
    counted = [one.at for arn in balancers.target_groups() for one in balancers.points(arn, "RequestCount")]
    assert before <= max(counted) <= clock.now(), f"the answer of {first} was counted when it was given"
