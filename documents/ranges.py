"""Ranges as AWS takes them: status codes of a health check, addresses of a security group's rules."""

import ipaddress
import re
from collections.abc import Sequence

RULES_OF_A_GROUP = 60
"""Inbound rules of a security group (Amazon VPC User Guide, amazon-vpc-limits); one range on one port is one rule."""

_LOWEST, _HIGHEST, _OK = 200, 499, 200


def check_status_codes(codes: str) -> None:
    """Raise ValueError unless an Application Load Balancer takes these codes, and 200 is among them.

    Codes 200 to 499, one, several or ranges (Elastic Load Balancing API Reference, Matcher). 200 is what the page answers that
    runs before the first push: without it no task of the first revision would ever be healthy.
    """
    healthy = False
    for part in codes.split(","):
        match = re.fullmatch(r"([0-9]{3})(?:-([0-9]{3}))?", part)
        if match is None:
            raise ValueError(
                f"{codes!r} is no list of status codes; write it as 200, 200,302 or 200-299 (in quotes)"
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if not _LOWEST <= first <= last <= _HIGHEST:
            raise ValueError(
                f"{part} in {codes!r} is outside what a load balancer takes, {_LOWEST} to {_HIGHEST}, the lower one first: "
                "correct it"
            )
        healthy = healthy or first <= _OK <= last
    if not healthy:
        raise ValueError(
            f"{codes} leaves 200 out, which the page answers that runs before the first push; "
            "unhealthy tasks would stop the first release: add 200"
        )


def canonical(cidr: str) -> str:
    """A range of IPv4 addresses as EC2 keeps it, without host bits (Amazon EC2 API Reference, IpRange).

    ValueError for anything that is no address, slash and prefix length.
    """
    try:
        if not re.fullmatch(r"[0-9.]+/[0-9]{1,2}", cidr):
            raise ValueError("it has no address, slash and prefix length")  # noqa: TRY301  (one wording for both)
        return str(ipaddress.IPv4Network(cidr, strict=False))
    except ValueError as error:
        kind = "IPv6, which this load balancer does not speak" if ":" in cidr else str(error)
        raise ValueError(f"{cidr!r} is no range of IPv4 addresses ({kind}); write it as 10.0.0.0/8") from None


def check_rules(cidrs: Sequence[str], ports: int) -> None:
    """Raise ValueError when canonical ranges repeat, or are more than a group's rules hold.

    A range with host bits is the range without them, and EC2 refuses a rule that is there (Amazon EC2 API Reference, IpRange).
    """
    twice = sorted({cidr for cidr in cidrs if cidrs.count(cidr) > 1})
    if twice:
        raise ValueError(
            f"allowedCidrs names {', '.join(twice)} more than once, as EC2 reads ranges (without host bits): name it once"
        )
    if len(cidrs) * ports > RULES_OF_A_GROUP:
        raise ValueError(
            f"allowedCidrs names {len(cidrs)} ranges for {ports} ports; a security group holds {RULES_OF_A_GROUP} rules: "
            "join ranges, or bring a load balancer with a group of its own (arn and securityGroupId)"
        )
