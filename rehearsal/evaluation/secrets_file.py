"""The file of `--secrets`: values that only the user of a rehearsal knows, by variable or by reference; no error repeats one.

YAML (or JSON), or lines NAME=VALUE. A name is a variable's (`RAILS_MASTER_KEY`), or a reference's as the stack has it: the ARN
with or without its JSON key, a secret's name, a parameter's name. In YAML, the values of one reader alone stand below its
name: `migration`, a service's, or `service/sidecar`. A map below a secret is its JSON. `${database.url}` and the like stand
for the rehearsal's own database.
"""

import json
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from rehearsal.errors import UsageError
from rehearsal.host.database_address import Address

_LARGEST = 1024 * 1024
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[^\s=:#'\"]+)=(?P<value>.*)")
_PLACEHOLDER = re.compile(r"\$\{database\.(?P<part>[^}]*)\}")
PARTS = (
    "url",
    "jdbcUrl",
    "engine",
    "host",
    "port",
    "username",
    "password",
    "name",
    "dbname",
    "dbInstanceIdentifier",
)
"""What may stand in `${database.…}`."""
_DEEPEST = 20
_FORM = "write NAME: VALUE in YAML, or NAME=VALUE in lines"


@dataclass
class Given:
    """What a file gives."""

    path: Path
    values: Mapping[tuple[str, str], str]
    """Text by reader (empty for all) and name."""
    readable_by_others: str = ""
    """Its mode when others may read it."""
    _used: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def filled(self, database: Address) -> "Given":
        """The same with the rehearsal's database in place of `${database.…}`."""
        known = {"url": database.url, "jdbcUrl": database.jdbc, "name": database.name, **database.fields}
        values = {
            key: _PLACEHOLDER.sub(lambda match: str(known[match["part"]]), text)
            for key, text in self.values.items()
        }
        return replace(self, values=values)

    def value(self, reader: str, names: Sequence[str]) -> tuple[str, str] | None:
        """The entry that one reader gets for the first of these names, and its text; its own before everybody's."""
        for scope in (reader, ""):
            for name in names:
                if (scope, name) in self.values:
                    self._used.add((scope, name))
                    return _said(scope, name), self.values[scope, name]
        return None

    def expect_all_used(self, variables: Sequence[str]) -> None:
        """Refuse entries that nothing reads: a typo would go unseen; UsageError names them."""
        unused = [_said(*key) for key in self.values if key not in self._used]
        if unused:
            raise UsageError(
                f"--secrets {self.path}: {', '.join(sorted(unused)[:5])}",
                f"nothing in the stack reads it; its secrets are for {', '.join(variables) or 'no variable'}",
                "correct the name, or take it out",
            )


def read(path: Path, readers: Sequence[str]) -> Given:
    """Read the file; UsageError says line and rule, never a value."""
    text, mode = _text(path)
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    dotenv = bool(lines) and _LINE.fullmatch(lines[0]) is not None
    raw = _of_lines(path, text) if dotenv else _of_yaml(path, text, readers)
    values: dict[tuple[str, str], str] = {}
    for key, value in raw:
        if key in values:
            raise UsageError(
                f"--secrets {path}: {_said(*key)}", "it stands there twice", "take one of them out"
            )
        for part in _PLACEHOLDER.findall(value):
            if part not in PARTS:
                raise UsageError(
                    f"--secrets {path}: {_said(*key)} holds ${{database.{part}}}",
                    f"the database has {', '.join(PARTS)}",
                    "name one of them",
                )
        values[key] = value
    return Given(path, values, mode)


def _text(path: Path) -> tuple[str, str]:
    try:
        told = path.stat()
        content = path.read_bytes()[: _LARGEST + 1]
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"--secrets {path}", f"it can't be read ({error.strerror})", "name a file you may read"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"--secrets {path}", "it is not UTF-8 text", _FORM) from None
    if len(content) > _LARGEST:
        raise UsageError(
            f"--secrets {path}", "it is larger than 1 MiB", "keep only the stack's secrets in it"
        )
    others = stat.S_ISREG(told.st_mode) and told.st_mode & 0o077
    return text, f"{stat.S_IMODE(told.st_mode):03o}" if others else ""


def _of_lines(path: Path, text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Lines as in a .env file: what stands behind = as it is, or in quotes, which may hold several lines."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise UsageError(f"--secrets {path}: line {number}", "it is not NAME=VALUE", _FORM)
        value = match["value"].strip()
        if value[:1] in ("'", '"'):
            quote = value[0]
            while len(value) == 1 or not value.endswith(quote):
                following = next(lines, None)
                if following is None:
                    raise UsageError(
                        f"--secrets {path}: line {number}", "its quotes are never closed", "close them"
                    )
                value += "\n" + following[1].rstrip()
            value = value[1:-1]
            if quote == '"':
                value = re.sub(r'\\(["\\n])', lambda m: "\n" if m[1] == "n" else m[1], value)
        yield ("", match["name"]), value


def _of_yaml(path: Path, text: str, readers: Sequence[str]) -> Iterator[tuple[tuple[str, str], str]]:
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UsageError(
            f"--secrets {path}: line {line}",
            "it is neither YAML nor NAME=VALUE",
            f"{_FORM}; quote what is odd",
        ) from None
    except yaml.YAMLError:
        raise UsageError(f"--secrets {path}", "it is not YAML", _FORM) from None
    if root is None:
        return
    for name, node in _pairs(path, root):
        if name in readers and isinstance(node, yaml.MappingNode):
            for inner, below in _pairs(path, node):
                yield (name, inner), _content(path, below)
        else:
            yield ("", name), _content(path, node)


def _pairs(path: Path, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise UsageError(f"--secrets {path}: line {line}", "a map of names to values belongs there", _FORM)
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise UsageError(f"--secrets {path}: line {key.start_mark.line + 1}", "a name is one text", _FORM)
        yield str(key.value), value


def _content(path: Path, node: yaml.Node) -> str:
    """A text as it stands there, whatever YAML would make of 0123 or yes; a map or list as JSON."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else json.dumps(_plain(path, node, 0))


def _plain(path: Path, node: yaml.Node, depth: int) -> Any:
    if depth > _DEEPEST:
        line = node.start_mark.line + 1
        raise UsageError(
            f"--secrets {path}: line {line}", "it is nested too deep", "write the secret's own JSON"
        )
    if isinstance(node, yaml.MappingNode):
        return {name: _plain(path, value, depth + 1) for name, value in _pairs(path, node)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, value, depth + 1) for value in node.value]
    return str(node.value)


def _said(scope: str, name: str) -> str:
    return f"{scope}: {name}" if scope else name
