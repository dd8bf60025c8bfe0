"""Writes the parts of README.md that come from elsewhere, each between two comments that name it.

python -m tools.readme    the rehearsal's table, by rehearsing stack stg
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def embedded(text: str, name: str) -> str:
    """What stands between the comments of one part."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise LookupError(
            f"README.md has no part {name}; it needs the lines <!-- {name} --> and <!-- /{name} -->"
        )
    return found[1]


def embed(text: str, name: str, content: str) -> str:
    """The text with one part replaced; one that differs in what was measured only stays, so that no run dirties the tree."""
    old = embedded(text, name)
    if unmeasured(old) == unmeasured(content):
        return text
    return text.replace(
        f"<!-- {name} -->\n{old}<!-- /{name} -->", f"<!-- {name} -->\n{content}<!-- /{name} -->"
    )


def unmeasured(content: str) -> str:
    """What is the same in every run: without seconds, numbers of requests, and the blanks and breaks that follow from them."""
    without = re.sub(r"\b[\d.]+ s\b|\b\d+ (?=requests\b|by\b)", "# ", content)
    return " ".join(without.split())


def fenced(output: str) -> str:
    """Output of a command as it is shown."""
    return f"```text\n{output.strip()}\n```\n"


def rehearsal_table() -> str:
    """What `make rehearse` prints after its timeline."""
    command = [sys.executable, "-m", "delivery", "rehearse", "--level", "process"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    shown = done.stdout[done.stdout.index("\nrelease\n") :].splitlines()
    return "\n".join(line for line in shown if not line.startswith("Logs of "))  # a place of this machine


def main() -> None:
    """Write README.md anew."""
    text = embed(README.read_text(encoding="utf-8"), "rehearse", fenced(rehearsal_table()))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
