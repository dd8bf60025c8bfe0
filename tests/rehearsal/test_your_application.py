"""docs/your-application.md, followed word by word where this machine has the language."""

import shutil
from pathlib import Path

import pytest

from tests.pages import followed, section

PAGE = "docs/your-application.md"


@pytest.mark.parametrize(("kind", "programs"), [("Python", ()), ("Node", ("node", "npm"))])
def test_a_newcomers_application_is_released_as_the_page_says(
    kind: str, programs: tuple[str, ...], tmp_path: Path
) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{kind} needs {program}, which is not on this machine")
    printed = list(followed(section(PAGE, kind), tmp_path / "hello"))
    assert "all went as it should" in printed[-1]
    logs = printed[-1].rpartition("Logs of builds and tasks: ")[2].strip()
    told = [file.read_text(encoding="utf-8") for file in Path(logs).iterdir()]
    assert any("the table visits is there" in one for one in told), (
        "its own migration ran, and the report says where"
    )
