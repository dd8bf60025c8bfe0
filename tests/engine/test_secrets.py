"""A secret that somebody puts into the stack's file by `pulumi config set --secret`."""

import pytest

from rehearsal.host.project import ROOT
from rehearsal.pulumi_engine.outcome import EngineFailed
from rehearsal.pulumi_engine.stack import Stack

VALUE = "correct-horse-battery"


def test_a_secret_value_is_refused_because_the_templates_would_show_it(stg: Stack) -> None:
    stg.set_secret("delivery:services.web.environment.TOKEN", VALUE)
    assert VALUE not in stg.settings_file.read_text(encoding="utf-8"), "the CLI encrypts it there"
    with pytest.raises(EngineFailed) as caught:
        stg.preview()
    said = str(caught.value)
    assert "delivery:services" in said
    assert VALUE not in said, "and nobody repeats it"


def test_the_cli_writes_into_a_copy_of_the_stacks_file_only(stg: Stack) -> None:
    stg.set_secret("delivery:services.web.environment.TOKEN", VALUE)
    assert "encryptionsalt" in stg.settings_file.read_text(encoding="utf-8")
    assert "encryptionsalt" not in (ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8")
