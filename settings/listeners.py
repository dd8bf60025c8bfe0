"""Holds the services of a stack against each other, where several stand on one listener."""

from collections.abc import Iterator, Mapping, Sequence

from documents.listener_rules import HIGHEST_PRIORITY
from settings.load_balancer import LoadBalancer
from settings.rollout import Mover
from settings.service import Service


def findings(services: Mapping[str, Service]) -> Iterator[str]:
    """A sentence for each shared listener that is not there, and for each priority that two rules of a listener have."""
    for name, service in services.items():
        if service.load_balancer is not None:
            yield from _of_several(name, service, service.load_balancer)
            yield from _of_owner(name, service, service.load_balancer, services)
    yield from _of_priorities(services)


def _beside(service: Service) -> bool:
    """Whether ECS runs a new version beside the old one, and so moves traffic by a rule."""
    return service.mover is Mover.ECS and service.strategy.beside


def _of_several(name: str, service: Service, balancer: LoadBalancer) -> Iterator[str]:
    """Who moves traffic moves one rule (docs/decisions/0068); a rolling deployment moves none."""
    by_codedeploy = service.mover is Mover.CODEDEPLOY
    for _, rules in balancer.routes(name):
        if len(rules) > 1 and (by_codedeploy or _beside(service)):
            why = (
                "no AWS document says which of them CodeDeploy moves"
                if by_codedeploy
                else "ECS takes one (Amazon ECS API Reference, AdvancedConfiguration)"
            )
            yield (
                f"services.{name}.loadBalancer has {len(rules)} rules for one kind of traffic, and {why}: bring their conditions "
                "into one rule, or take rollout.by ecs with strategy rolling, which moves none"
            )
    test = balancer.listener.test if balancer.listener else None
    if test is None:
        return
    if service.mover is Mover.ECS and not _beside(service):
        yield (
            f"services.{name}.loadBalancer.listener.test is for a version that stands beside the old one, and a rolling deployment "
            "replaces tasks one by one: leave it out, or take strategy blueGreen"
        )
    if by_codedeploy and test.arn is None and balancer.shares is None:
        yield (
            f"services.{name}.loadBalancer.listener.test has no arn, and CodeDeploy takes test traffic from a listener of its own "
            "(CodeDeploy User Guide, deployment-steps-ecs): give one of the same load balancer"
        )


def _of_owner(
    name: str, service: Service, balancer: LoadBalancer, services: Mapping[str, Service]
) -> Iterator[str]:
    owned = balancer.shares
    if owned is None or balancer.listener is None:
        return
    own = [one for one, other in services.items() if other.load_balancer and not other.load_balancer.listener]
    path, test = f"services.{name}.loadBalancer.listener", balancer.listener.test
    if owned not in own:
        yield (
            f"{path}.service {owned!r} is no other service of this stack with a listener of its own: "
            + (f"name one of {', '.join(own)}" if own else "give a listener's arn instead")
        )
        return
    owner = services[owned].load_balancer
    untested = owner is None or owner.test_port is None
    if service.mover is Mover.CODEDEPLOY and test is not None and test.arn is None and untested:
        yield (
            f"{path}.test names no arn, and service {owned} has no testPort: give either, because test traffic "
            "comes by a listener of its own (CodeDeploy User Guide, deployment-steps-ecs)"
        )


def _taken(services: Mapping[str, Service]) -> Iterator[tuple[str, str, Sequence[int]]]:
    """Each service with each listener that it has rules on, and their priorities."""
    for name, service in services.items():
        balancer = service.load_balancer
        if balancer is None:
            continue
        owner = services.get(balancer.shares or "")
        one = owner is not None and owner.load_balancer is not None and owner.load_balancer.test_port is None
        for listener, rules in balancer.routes(name):
            # Without a test listener test traffic comes by the production one.
            yield (
                name,
                listener.replace("the test listener", "the listener") if one else listener,
                [rule.priority for rule in rules],
            )
        if _beside(service) and balancer.listener is None and balancer.rules is None:
            yield name, f"the listener of service {name}", [HIGHEST_PRIORITY]
        if _beside(service) and balancer.test_port is not None:
            yield name, f"the test listener of service {name}", [HIGHEST_PRIORITY]


def _of_priorities(services: Mapping[str, Service]) -> Iterator[str]:
    """Elastic Load Balancing API Reference, CreateRule: PriorityInUse."""
    taken: dict[tuple[str, int], str] = {}
    for name, listener, priorities in _taken(services):
        for priority in priorities:
            if (listener, priority) in taken:
                other = taken[listener, priority]
                whose = (
                    f"services {other} and {name} both give"
                    if other != name
                    else f"service {name} gives two times"
                )
                yield (
                    f"{whose} a rule of {listener} the priority {priority}; a listener has one rule of a "
                    "priority (Elastic Load Balancing API Reference, CreateRule): choose another"
                )
            taken[listener, priority] = name
