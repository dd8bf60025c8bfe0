"""What `release.check: false` loses: releases that `Check` refuses within a second migrate first, and deploy nothing then.

The same releases as in test_check.py.
"""

from collections.abc import Iterator

import pytest

from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal import doomed_releases
from tests.rehearsal.doomed_releases import DOOMED, lines, migrations


@pytest.fixture(scope="module")
def unchecked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with doomed_releases.stack(tmp_path_factory.mktemp("unchecked"), check=False) as running:
        yield running


@pytest.mark.parametrize("named", DOOMED)
def test_without_check_a_release_that_cannot_succeed_migrates_and_deploys_nothing(
    unchecked: Rehearsal, named: str
) -> None:
    doomed, migrated, answering = DOOMED[named], migrations(unchecked), unchecked.users.answering()
    with doomed.of(unchecked) as ended:
        said = [str(one.error_message) for one in ended.actions if one.error_message]
    assert (ended.status == "Succeeded") == doomed.deployed, said
    assert (migrations(unchecked) > migrated) == doomed.migrated, said
    assert unchecked.users.answering() == answering, "who answered goes on doing so"
    told = "\n".join([*said, *lines(unchecked, "/delivery/shop/stg/migrate")])
    assert doomed.failed in told
