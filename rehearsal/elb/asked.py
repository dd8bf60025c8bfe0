"""What every operation of Elastic Load Balancing's API does with its input: choose what it names, or say what is missing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rehearsal.endpoint.paging import Paging
from rehearsal.errors import AwsRefusal

_T = TypeVar("_T")

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

INVALID = "ValidationError"
"""ELB's code for an input that breaks a constraint."""

PAGES = Paging(400, "Marker", "NextMarker", "PageSize", INVALID, "The marker is invalid.")


def chosen(
    asked: Asked, ways: Mapping[str, Mapping[str, _T]], missing: Callable[[Sequence[str]], AwsRefusal]
) -> list[_T]:
    """What a request names, in one of several ways; all there is when it names nothing."""
    given = [name for name in ways if asked.get(name)]
    if len(given) > 1:
        raise AwsRefusal(INVALID, f"{' and '.join(given)} cannot be specified together")
    if not given:
        return list(next(iter(ways.values())).values())
    there, wanted = ways[given[0]], [str(one) for one in asked[given[0]]]
    if lacking := [one for one in wanted if one not in there]:
        raise missing(lacking)
    return [there[one] for one in dict.fromkeys(wanted)]


def missing_things(what: str, code: str = "ListenerNotFound") -> AwsRefusal:
    """What ELB says of a name or an ARN that is not there."""
    return AwsRefusal(code, f"One or more {what} not found")


def missing_balancers(wanted: Sequence[str]) -> AwsRefusal:
    """What ELB says of load balancers that are not there."""
    return AwsRefusal("LoadBalancerNotFound", f"Load balancers '[{', '.join(wanted)}]' not found")
