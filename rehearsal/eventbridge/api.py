"""EventBridge's API, for the default bus.

AWS documents: eventbridge/latest/APIReference, a page for each operation.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.eventbridge import shapes
from rehearsal.eventbridge.custom_event import LARGEST, NoEvent, event_of, size_of
from rehearsal.eventbridge.permissions import on_bus, on_rule
from rehearsal.eventbridge.service import RULE_TYPE, EventBridge
from rehearsal.world.cloud import Declared

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_PAGES = Paging(100, "NextToken", "", "Limit", "InvalidToken")


class EventBridgeApi:
    """The operations that operators and applications ask for."""

    def __init__(self, bus: EventBridge) -> None:
        """Answer for this bus."""
        self._bus = bus

    @operation(on_rule)
    def describe_rule(self, asked: Asked) -> Answered:
        """API_DescribeRule."""
        return {**shapes.rule(self._rule(asked, "Name")), "CreatedBy": self._bus.cloud.place.account}

    @operation(anywhere)
    def list_rules(self, asked: Asked) -> Answered:
        """API_ListRules."""
        _expect_default(asked)
        prefix = str(asked.get("NamePrefix") or "")
        found = [shapes.rule(one) for one in self._bus.cloud.declared(RULE_TYPE)]
        named = [one for one in found if one["Name"].startswith(prefix)]
        return _PAGES.page(asked, "Rules", sorted(named, key=lambda one: one["Name"]))

    @operation(on_rule)
    def list_targets_by_rule(self, asked: Asked) -> Answered:
        """API_ListTargetsByRule."""
        targets = self._bus.targets(self._rule(asked, "Rule"))
        return _PAGES.page(asked, "Targets", [shapes.target(one) for one in targets])

    @operation(on_rule)
    def enable_rule(self, asked: Asked) -> Answered:
        """API_EnableRule."""
        return self._switch(asked, "ENABLED")

    @operation(on_rule)
    def disable_rule(self, asked: Asked) -> Answered:
        """API_DisableRule: no event starts anything by it until it is enabled again."""
        return self._switch(asked, "DISABLED")

    @operation(on_bus)
    def put_events(self, asked: Asked) -> Answered:
        """API_PutEvents: each entry is taken or refused for itself; what is taken is delivered when this answers."""
        if asked.get("EndpointId"):
            raise RehearsalError("PutEvents with EndpointId", "the rehearsal has one Region", "leave it out")
        entries: list[Mapping[str, Any]] = asked["Entries"]
        size = sum(map(size_of, entries))
        if size > LARGEST:
            raise AwsRefusal(
                "ValidationException",
                f"Total size of the entries in the request is over the limit: {size} bytes.",
            )
        told = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in one for one in told), "Entries": told}

    def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        _expect_default(entry)
        cloud = self._bus.cloud
        try:
            event = event_of(entry, cloud.place, self._bus.now())
        except NoEvent as refused:
            return {"ErrorCode": refused.code, "ErrorMessage": str(refused)}
        cloud.journal.record(
            "EventBridge", f"took {event['detail-type']} of {event['source']}", event=event["id"]
        )
        self._bus.put(event)
        return {"EventId": str(event["id"])}

    def _switch(self, asked: Asked, state: str) -> Answered:
        rule = self._rule(asked, "Name")
        changed = {"state": state}
        self._bus.cloud.add(
            replace(rule, inputs={**rule.inputs, **changed}, outputs={**rule.outputs, **changed})
        )
        self._bus.cloud.journal.record("EventBridge", f"rule {shapes.name_of(rule)} is {state}")
        return {}

    def _rule(self, asked: Asked, member: str) -> Declared:
        _expect_default(asked)
        for one in self._bus.cloud.declared(RULE_TYPE):
            if shapes.name_of(one) == asked[member]:
                return one
        raise AwsRefusal(
            "ResourceNotFoundException", f"Rule {asked[member]} does not exist on EventBus default."
        )


def _expect_default(asked: Asked) -> None:
    bus = str(asked.get("EventBusName") or "default")
    if bus.rpartition("/")[2] != "default":
        raise RehearsalError(f"event bus {bus}", "the rehearsal plays the default one", "ask for that one")
