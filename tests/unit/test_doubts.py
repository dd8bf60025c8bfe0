"""What a failed scenario says of the rehearsal's own doing, and how long it waits for the application's."""

from types import SimpleNamespace
from typing import Any

import pytest

from delivery import playing
from rehearsal.evaluation.secret_values import Told
from rehearsal.host.database_address import POSTGRES, Address
from rehearsal.host.databases import Served
from rehearsal.running.rehearsal import AROUND_A_MIGRATION, Rehearsal

HERE = Address(POSTGRES, "127.0.0.1", 5432, "app", "pw", "shop")


def of(told: Told, *remarks: str, **more: Any) -> Any:
    served = Served(HERE, "PostgreSQL", lambda: remarks)
    return SimpleNamespace(told=told, served=served, **more)


def test_a_failed_release_lists_the_made_up_values_and_what_the_database_lacked() -> None:
    told = Told(
        given=["A of web"], database=["DATABASE_URL of web"], made_up=["RAILS_MASTER_KEY of migration"]
    )
    said = Rehearsal.doubts(of(told, "the extension postgis is not in it"))
    assert said == [
        "these values are random text, give real ones with --secrets FILE: RAILS_MASTER_KEY of migration",
        "the extension postgis is not in it",
    ]
    assert Rehearsal.doubts(of(Told(given=["A of web"]))) == [], "nothing was made up"


@pytest.mark.parametrize("minutes", [1, 45])
def test_a_release_is_waited_for_as_long_as_its_migration_may_take(minutes: int) -> None:
    settings = SimpleNamespace(migration=SimpleNamespace(timeout_minutes=minutes))
    waited = Rehearsal.release_limit(of(Told(), settings=settings, release_timeout=None))
    assert waited == minutes * 60 + AROUND_A_MIGRATION
    assert Rehearsal.release_limit(of(Told(), settings=settings, release_timeout=7.0)) == 7.0


def test_the_command_hands_its_limits_on() -> None:
    options = playing.Options(release_timeout=7.0, build_timeout=5.0)
    assert (options.release_timeout, options.build_timeout) == (7.0, 5.0)
    assert playing.Options().release_timeout is None, "the default is the stack's own"
