"""How a target group checks its targets (elasticloadbalancing/latest/application/target-group-health-checks)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.world.declared_blocks import block


@dataclass(frozen=True)
class HealthCheck:
    """How a target group checks its targets, as declared."""

    path: str = "/"
    port: str = "traffic-port"
    matcher: str = "200"
    interval: float = 30.0
    """Declared seconds between checks of one target."""
    timeout: float = 5.0
    """Declared seconds without an answer that make a check fail."""
    unhealthy_threshold: int = 3
    """Consecutive failures after which a target is unhealthy."""
    healthy_threshold: int = 3
    """Consecutive successes after which an unhealthy target is healthy again."""

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> "HealthCheck":
        """Read a declared target group; what is left out has the Pulumi provider's defaults."""
        given = block(inputs.get("healthCheck"))
        return cls(
            path=str(given.get("path") or "/"),
            port=_port_text(given.get("port")),
            matcher=str(given.get("matcher") or "200"),
            interval=float(given.get("interval") or 30),
            timeout=float(given.get("timeout") or 5),
            unhealthy_threshold=int(given.get("unhealthyThreshold") or 3),
            healthy_threshold=int(given.get("healthyThreshold") or 3),
        )

    def accepts(self, status: int) -> bool:
        """Whether the matcher ("200", "200,202" or "200-299") takes this status code for a success."""
        for part in self.matcher.split(","):
            low, _, high = part.strip().partition("-")
            if int(low) <= status <= int(high or low):
                return True
        return False


def _port_text(port: Any) -> str:
    if port in (None, "", "traffic-port"):
        return "traffic-port"
    return str(int(float(port)))
