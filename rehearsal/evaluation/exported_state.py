"""Rehearses what a stack really is: makes the resources of a `pulumi stack export` in a local cloud.

Names stay as exported. What a cloud makes up itself (account, ARNs, ids, URLs) is the local cloud's own, and wherever the
export mentions the real one the local one stands instead. Not made: what is only pending deletion, components, providers.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.nested import is_list, is_map
from rehearsal.errors import StackError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.resources import make
from rehearsal.lambda_.declared import FUNCTION, arn_of
from rehearsal.lambda_.package import ARCHIVE, ASSET
from rehearsal.world.cloud import Cloud

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of the engine's marks, for example around a secret."""

ENCRYPTED = "(encrypted in the state; export it with --show-secrets to rehearse its value)"
"""Stands for a secret that the export holds encrypted."""

MADE_UP = ("id", "arn", "arnSuffix", "arnWithoutRevision", "dnsName", "repositoryUrl", "url")
"""Outputs that AWS makes up and others mention."""

SHORTEST = 12
"""Characters a made-up value must have to be looked for inside texts; shorter ones are names."""

_WHERE = re.compile(
    r"arn:(?P<partition>aws[\w-]*):[\w-]+:(?P<region>[a-z]{2}-[\w-]+-\d):(?P<account>\d{12}):"
)

_GIVEN = r"arn:aws[\w-]*:(?:acm|kms|lambda|secretsmanager):[\w-]*:\d{12}:(?!alias/aws/)"
"""How ARNs begin that the stack's YAML gives: they stay, as they do when the program is evaluated. Those of the export's own
functions begin so too."""

State = Mapping[str, Any]


def read_state(path: Path) -> State:
    """A file that `pulumi stack export` wrote; StackError when it is none."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StackError(str(path), f"is not a readable JSON file: {error}", _REMEDY) from None
    deployment = document.get("deployment") if is_map(document) else None
    resources = deployment.get("resources") if is_map(deployment) else None
    if not is_list(resources) or not resources:
        raise StackError(str(path), "holds no deployment with resources", _REMEDY)
    for number, resource in enumerate(resources):
        if not _is_resource(resource):
            raise StackError(
                str(path), f"deployment.resources[{number}] is no resource of an export", _REMEDY
            )
    return document


def _is_resource(value: Any) -> bool:
    """Whether it has what an export says of every resource, each of its kind (Pulumi, sdk/go/common/apitype, ResourceV3)."""
    if not is_map(value):
        return False
    urn, type_ = value.get("urn"), value.get("type")
    maps = (value.get(part) for part in ("inputs", "outputs"))
    needed = value.get("dependencies")
    return (
        isinstance(urn, str)
        and urn.count("::") >= _PARTS_OF_A_URN
        and isinstance(type_, str)
        and all(one is None or is_map(one) for one in maps)
        and (needed is None or (is_list(needed) and all(isinstance(one, str) for one in needed)))
    )


_PARTS_OF_A_URN = 3
"""Double colons of one: urn:pulumi:STACK::PROJECT::TYPE::NAME."""
_STACK, _PARAMETER = "pulumi:pulumi:Stack", "aws:ssm/parameter:Parameter"
_DESCRIPTOR, _NONE_PUSHES = "descriptor", "pushRoleArn"
"""The stack's output that names its descriptor, and the one that the engine leaves out where it is none."""

_REMEDY = "write it with `pulumi stack export --file FILE`"


def declare_state(cloud: Cloud, state: State) -> None:
    """Make every AWS resource of an exported stack in `cloud`, dependencies first.

    The account and Region of the export become the cloud's. Raises UnknownType for what the local cloud cannot make, StackError for
    a descriptor that is nowhere to be read.
    """
    resources = list(_readable([_plain(one) for one in state["deployment"]["resources"]]))
    moves = _moves(cloud, resources)
    mentioned: dict[str, str] = {}
    for resource in _in_order([_rewrite(one, moves) for one in resources]):
        name = resource["urn"].split("::", 3)[3]
        inputs = _rewrite(_inputs(resource), mentioned)
        declared = make(cloud, resource["urn"], resource["type"], name, inputs)
        mentioned.update(_made_up(resource, {**declared.outputs, "id": declared.id}))
    moved = "".join(f"; {old} is {new} here" for old, new in moves.items() if old != new)
    cloud.journal.record("Pulumi", f"{len(resources)} resources made from an exported state{moved}")


def _made_here(resource: Mapping[str, Any]) -> bool:
    """Whether it is a living AWS resource, and not a provider, a component or something that waits to be deleted."""
    living = resource.get("custom") and not resource.get("delete") and not resource.get("external")
    return bool(living) and not resource["type"].startswith("pulumi:")


def _readable(whole: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What is made, each as it is, but for the descriptor: encrypted in the state, said openly by the stack's outputs.

    StackError when the release function reads one that is encrypted and nowhere said.
    """
    outputs = next((one.get("outputs") or {} for one in whole if one["type"] == _STACK), {})
    content = {_NONE_PUSHES: None} | {name: value for name, value in outputs.items() if name != _DESCRIPTOR}
    made = [one for one in whole if _made_here(one)]
    read = json.dumps(
        [(one.get("inputs") or {}).get("environment") for one in made if one["type"] == FUNCTION]
    )
    for one in made:
        inputs: Mapping[str, Any] = one.get("inputs") or {}
        name = inputs.get("name")
        if one["type"] != _PARAMETER or inputs.get("value") != ENCRYPTED:
            yield one
        elif outputs.get(_DESCRIPTOR) == name:
            yield {**one, "inputs": {**inputs, "value": json.dumps(content)}}
        elif json.dumps(name) in read:
            raise StackError(
                f"parameter {name}",
                "the export holds it encrypted, the stack's outputs do not say what stands in it, and the release function reads it",
                "write the export with `pulumi stack export --show-secrets --file FILE`",
            )
        else:
            yield one


def _in_order(resources: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Dependencies before dependents, otherwise as exported."""
    by_urn = {one["urn"]: one for one in resources}
    done: set[str] = set()

    def visit(urn: str) -> Iterator[Mapping[str, Any]]:
        if urn in done or urn not in by_urn:
            return
        done.add(urn)
        for needed in by_urn[urn].get("dependencies") or ():
            yield from visit(needed)
        yield by_urn[urn]

    for urn in by_urn:
        yield from visit(urn)


def _inputs(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs, with the physical name that AWS or the provider made up where the program gave none."""
    inputs = dict(resource.get("inputs") or {})
    kind = KINDS.get(resource["type"])
    if kind is not None and kind.named and not inputs.get(kind.named):
        name = (resource.get("outputs") or {}).get(kind.named)
        return {**inputs, kind.named: name} if name else inputs
    return inputs


def _moves(cloud: Cloud, resources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Account, Region and partition of the export, its functions' ARNs, and what takes their place."""
    for resource in resources:
        if match := _WHERE.match(str((resource.get("outputs") or {}).get("arn", ""))):
            regional = {match["region"]: cloud.place.region, match["account"]: cloud.place.account}
            own = (
                str((one.get("outputs") or {}).get("arn", "")) for one in resources if one["type"] == FUNCTION
            )
            functions = {arn: arn_of(cloud.place, arn.rpartition(":")[2]) for arn in own if arn}
            return {**regional, f"arn:{match['partition']}:": f"arn:{cloud.place.partition}:", **functions}
    return {}


def _made_up(resource: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, str]:
    """What the export calls this resource, and what the local cloud calls it."""
    there = {**(resource.get("outputs") or {}), "id": resource.get("id")}
    pairs = [(there.get(key), here.get(key)) for key in MADE_UP]
    return {
        old: new
        for old, new in pairs
        if isinstance(old, str) and isinstance(new, str) and len(old) >= SHORTEST and old != new
    }


def _rewrite(value: Any, instead: Mapping[str, str]) -> Any:
    """`value` with every mention replaced, the longest first, nothing twice."""
    if not instead:
        return value
    longest_first = sorted(instead, key=len, reverse=True)
    own = [rf"{re.escape(old)}(?![\w-])" for old in longest_first if re.match(_GIVEN, old)]
    mention = re.compile("|".join([*own, _GIVEN, *(re.escape(old) for old in longest_first)]))

    def replaced(inner: Any) -> Any:
        if isinstance(inner, str):
            return mention.sub(lambda match: instead.get(match[0], match[0]), inner)
        if isinstance(inner, Mapping):
            return {key: replaced(one) for key, one in inner.items()}
        if isinstance(inner, list):
            return [replaced(one) for one in inner]
        return inner

    return replaced(value)


def _plain(value: Any) -> Any:
    """A value without the engine's marks and the provider's own notes."""
    if isinstance(value, Mapping):
        if SIGNATURE in value and value[SIGNATURE] not in (ASSET, ARCHIVE):
            return json.loads(value["plaintext"]) if "plaintext" in value else ENCRYPTED
        return {key: _plain(inner) for key, inner in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
