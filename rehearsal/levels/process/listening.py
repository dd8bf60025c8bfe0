"""Where a process listens: commands that name the container's port or every address, as they must be on this machine.

Two tasks of one service would fight for one port, and nothing may be reached from other machines, so a command such as
`gunicorn --bind 0.0.0.0:8000` is told the port that was given to this task, on the loopback interface. Pure.
"""

import re
from collections.abc import Mapping

_EVERY = r"0\.0\.0\.0|\[::\]|\*"
_HERE = r"127\.0\.0\.1|localhost"


def moved(word: str, ports: Mapping[int, int]) -> str:
    """A word of a command, with the declared ports and "every address" replaced where it plainly names them.

    `ports` is declared port to real port. Plainly is: alone, after a blank, `=` or `:-`, with an address of listening
    before it or without one; a URL of somebody else stays as it is.
    """
    for declared, real in ports.items():
        where = rf"(^|[\s='\"]|:-)((?:{_EVERY}|{_HERE})?:)?{declared}(?=$|[\s'\"}}])"
        word = re.sub(where, lambda found, to=real: f"{found[1]}{'127.0.0.1:' if found[2] else ''}{to}", word)
    return re.sub(rf"(^|[\s='\"])(?:{_EVERY.rpartition('|')[0]})(?=$|[\s'\"])", r"\g<1>127.0.0.1", word)
