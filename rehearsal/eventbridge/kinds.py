"""Rules and targets: on record. What the rehearsal's EventBridge does not play is refused here, by name, when it is declared."""

from rehearsal.errors import RehearsalError
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, on_record

_PLAYED = ("codepipeline", "sns")
"""Services whose resources are played as targets."""


def _rule(cloud: Cloud, inputs: Inputs) -> Made:
    name = str(inputs["name"])
    if inputs.get("scheduleExpression"):
        _refuse(f"rule {name}", "has a schedule, and no time of day passes in a rehearsal")
    if inputs.get("eventBusName") not in (None, "default"):
        _refuse(
            f"rule {name}",
            f"is on event bus {inputs['eventBusName']}, and the rehearsal plays the default one",
        )
    return on_record("events", lambda given: f"rule/{given['name']}")(cloud, inputs)


def _refuse(what: str, why: str) -> None:
    raise RehearsalError(what, why, "rehearse without it")


def _target(cloud: Cloud, inputs: Inputs) -> Made:
    service = f"{inputs['arn']}:::".split(":")[2]
    if service not in _PLAYED:
        _refuse(
            f"target {inputs['arn']} of rule {inputs['rule']}",
            f"is a target in {service or 'no service'}, and the rehearsal plays targets in {' and '.join(_PLAYED)}",
        )
    rule = str(inputs["rule"])
    return f"{rule}-{inputs.get('targetId', 'target')}", {"region": cloud.place.region}


KINDS = {
    "aws:cloudwatch/eventRule:EventRule": Kind(_rule, replaced_by=frozenset({"name"})),
    "aws:cloudwatch/eventTarget:EventTarget": Kind(_target, named=None, replaced_by=frozenset({"rule"})),
}
