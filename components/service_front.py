"""What stands in front of one web service: load balancer, listeners or rules, and the two target groups traffic moves between."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, lb

from components.kit import routing
from components.kit.stack import Stack
from components.rollouts.ownership import Ownership
from documents.listener_rules import HIGHEST_PRIORITY, address, balancer_of
from documents.names import fitting
from settings.listener import ListenerRule, SharedListener
from settings.load_balancer import LoadBalancer
from settings.service import Service

UNUSED_PORT = 80
"""A target group's port, which no target uses: ECS registers each task with its container's own port.

It never changes, because a target group with another port is another target group, and the one in use could not go.
"""


CATCH_ALL = ListenerRule(priority=HIGHEST_PRIORITY, paths=["/*"])
"""The rule that stands for a listener's default action, where traffic moves by rules; it comes after all others."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a listener of the stack's own answers."""

    scheme: str
    host: pulumi.Output[str]
    port: int

    def url(self, rules: Sequence[ListenerRule]) -> pulumi.Output[str]:
        """The address that the first of the rules is for; without rules the load balancer's own."""
        host, path = address(rules[0].conditions) if rules else ("", "")
        return pulumi.Output.concat(self.scheme, "://", host or self.host, f":{self.port}{path}")


@dataclass(frozen=True, kw_only=True)
class ServiceFrontArgs:
    """What the front needs to know."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    ownership: Ownership
    """What of it belongs to whoever moves traffic."""
    shares: "ServiceFront | None" = None
    """The front whose listener it shares, where that is another service's of the stack."""

    @property
    def service(self) -> Service:
        """The service in front of which it stands."""
        return self.stack.settings.services[self.key]

    @property
    def balancer(self) -> LoadBalancer:
        """What its traffic comes through; ValueError for a worker, in front of which nothing stands."""
        if self.service.load_balancer is None:
            raise ValueError(f"services.{self.key} is a worker: it has no loadBalancer")
        return self.service.load_balancer

    @property
    def vpc_id(self) -> str:
        """The VPC it is in."""
        return self.stack.settings.network.vpc_id


class ServiceFront(pulumi.ComponentResource):
    """Two target groups, behind listeners or rules of their own on a load balancer that is made here or there already."""

    load_balancer_arn: pulumi.Output[str]
    """ARN of the load balancer."""
    url: pulumi.Output[str]
    """Where the service answers; an existing load balancer's name is not known here, so its ARN stands there."""
    origin: Origin | None
    """Where the listeners answer; None for a load balancer that is not made here."""
    security_group_id: pulumi.Output[str]
    """Group the traffic comes from."""
    listener_arn: pulumi.Output[str]
    """ARN of the production listener."""
    test_listener_arn: pulumi.Output[str] | None
    """ARN of the test listener, if there is one."""
    production_rule: lb.ListenerRule | None
    """The rule whose weights move production traffic; None where the listener's own action does, or nothing moves."""
    test_rule: lb.ListenerRule | None
    """The rule whose weights move test traffic, if there is such traffic."""
    before: list[pulumi.Resource]
    """What must be there before ECS takes the target groups."""

    def __init__(self, name: str, args: ServiceFrontArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the front."""
        super().__init__("delivery:index:ServiceFront", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        guarded = pulumi.ResourceOptions(parent=self, protect=args.stack.settings.release.protect)
        balancer, shared = args.balancer, args.balancer.listener
        self.origin = None
        self.production_rule = self.test_rule = self.test_listener_arn = None
        if shared is not None:
            self._share(shared, args)
        elif balancer.arn is None:
            self._make_load_balancer(name, args, inside, guarded)
        else:
            self.load_balancer_arn = pulumi.Output.from_input(balancer.arn)
            self.security_group_id = pulumi.Output.from_input(balancer.security_group_id or "")
        self.target_group_1 = _target_group(f"{name}-1", args, inside)
        self.target_group_2 = _target_group(f"{name}-2", args, inside)
        if shared is None:
            self._listen(name, args, guarded)
        else:
            production = self._rules(f"{name}-rule", self.listener_arn, shared.rules, args, guarded)
            listener, given = self.test_listener_arn or self.listener_arn, shared.test
            test = self._rules(f"{name}-test-rule", listener, given.rules if given else (), args, guarded)
            self.before = [*production, *test]
            if args.ownership.of_rules:
                self.production_rule, self.test_rule = production[0], test[0] if test else None
        self.url = self.origin.url(balancer.production_rules) if self.origin else self.load_balancer_arn
        self.register_outputs(
            {
                "loadBalancerArn": self.load_balancer_arn,
                "url": self.url,
                "securityGroupId": self.security_group_id,
                "listenerArn": self.listener_arn,
                "testListenerArn": self.test_listener_arn,
            }
        )

    @property
    def rules(self) -> list[lb.ListenerRule]:
        """Every rule by which traffic moves."""
        return [rule for rule in (self.production_rule, self.test_rule) if rule is not None]

    def _share(self, shared: SharedListener, args: ServiceFrontArgs) -> None:
        """Take load balancer, listeners and security group from their owner."""
        owner = args.shares
        if owner is not None:
            self.listener_arn, self.load_balancer_arn = owner.listener_arn, owner.load_balancer_arn
            self.security_group_id, self.origin = owner.security_group_id, owner.origin
        else:
            self.listener_arn = pulumi.Output.from_input(shared.arn or "")
            self.load_balancer_arn = self.listener_arn.apply(balancer_of)
            self.security_group_id = pulumi.Output.from_input(args.balancer.security_group_id or "")
        if shared.test is None:
            return
        if shared.test.arn is not None:
            self.test_listener_arn = pulumi.Output.from_input(shared.test.arn)
        elif owner is not None:
            self.test_listener_arn = owner.test_listener_arn

    def _make_load_balancer(
        self,
        name: str,
        args: ServiceFrontArgs,
        inside: pulumi.ResourceOptions,
        guarded: pulumi.ResourceOptions,
    ) -> None:
        balancer, logs = args.balancer, args.balancer.access_logs
        group = ec2.SecurityGroup(
            f"{name}-balancer-group",
            description=f"Load balancer of {name}",
            vpc_id=args.vpc_id,
            ingress=[
                {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": balancer.allowed_cidrs}
                for port in balancer.ports
            ],
            egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
            opts=inside,
        )
        made = lb.LoadBalancer(
            fitting(f"{name}-balancer"),
            load_balancer_type="application",
            internal=balancer.internal,
            security_groups=[group.id],
            subnets=balancer.public_subnet_ids,
            drop_invalid_header_fields=True,
            idle_timeout=balancer.idle_timeout_seconds,
            # Left out, the provider would go on with the logs that were asked for before.
            access_logs={
                "enabled": logs is not None,
                "bucket": logs.bucket if logs else "",
                "prefix": logs.prefix if logs else "",
            },
            opts=guarded,
        )
        self.load_balancer_arn = made.arn
        self.security_group_id = group.id
        scheme = "https" if balancer.certificate_arn else "http"
        self.origin = Origin(scheme=scheme, host=made.dns_name, port=balancer.port)

    def _listen(self, name: str, args: ServiceFrontArgs, guarded: pulumi.ResourceOptions) -> None:
        """Listeners on the first target group; whoever moves traffic owns their default actions from then on.

        Setting an action back would move live traffic (aws/aws-cdk#36649), so Pulumi ignores it. They depend on the second
        group as well: after a release an action names it, and ELB deletes no group that an action names.
        """
        balancer, arn = args.balancer, self.load_balancer_arn
        blue = routing.forward(self.target_group_1)
        answer = routing.answer(balancer.default_answer) if balancer.default_answer else None
        kept = pulumi.ResourceOptions.merge(guarded, pulumi.ResourceOptions(depends_on=[self.target_group_2]))
        moved = pulumi.ResourceOptions.merge(
            kept, pulumi.ResourceOptions(ignore_changes=list(args.ownership.of_listeners))
        )
        production = routing.listener(
            f"{name}-listener",
            balancer,
            routing.Entrance(load_balancer_arn=arn, port=balancer.port, action=answer or blue),
            kept if answer else moved,
        )
        self.listener_arn = production.arn
        own = (CATCH_ALL,) if args.ownership.needs_rule else ()
        rules = self._rules(f"{name}-rule", production.arn, balancer.rules or own, args, guarded)
        self.before = [production, *rules]
        if rules and args.ownership.of_rules:
            self.production_rule = rules[0]
        if balancer.test_port is not None:
            entrance = routing.Entrance(load_balancer_arn=arn, port=balancer.test_port, action=blue)
            test = routing.listener(f"{name}-test-listener", balancer, entrance, moved)
            self.test_listener_arn = test.arn
            for rule in self._rules(f"{name}-test-rule", test.arn, own, args, guarded):
                self.test_rule = rule
                self.before.append(rule)
        if balancer.redirect_http:
            routing.redirect_listener(f"{name}-http-redirect", arn, balancer.port, guarded)

    def _rules(
        self,
        name: str,
        listener_arn: pulumi.Output[str],
        given: Sequence[ListenerRule],
        args: ServiceFrontArgs,
        guarded: pulumi.ResourceOptions,
    ) -> list[lb.ListenerRule]:
        """Rules on both groups, whose actions whoever moves traffic owns; a second one has its place in its name.

        Both groups stand in them from the start, as ECS wants them (Amazon ECS Developer Guide, migrate-codedeploy-to-ecs-bluegreen),
        so that only weights change. Setting them back would move live traffic to a group that may be empty.
        """
        opts = pulumi.ResourceOptions.merge(
            guarded, pulumi.ResourceOptions(ignore_changes=list(args.ownership.of_rules))
        )
        groups = (self.target_group_1, self.target_group_2)
        return [
            routing.rule(f"{name}-{place}" if place > 1 else name, listener_arn, one, groups, opts)
            for place, one in enumerate(given, 1)
        ]


def _target_group(name: str, args: ServiceFrontArgs, inside: pulumi.ResourceOptions) -> lb.TargetGroup:
    service, check, delay = (
        args.service,
        args.service.health_check,
        args.balancer.deregistration_delay_seconds,
    )
    return lb.TargetGroup(
        fitting(name),
        vpc_id=args.vpc_id,
        port=UNUSED_PORT,
        protocol=service.protocol,
        target_type="ip",
        deregistration_delay=service.stop_timeout_seconds if delay is None else delay,
        health_check={
            "path": check.path,
            "port": str(check.port) if check.port is not None else "traffic-port",
            "protocol": check.protocol or service.protocol,
            "matcher": check.status_codes,
            "interval": check.interval_seconds,
            "timeout": check.timeout_seconds,
            "healthy_threshold": check.healthy_threshold,
            "unhealthy_threshold": check.unhealthy_threshold,
        },
        opts=inside,
    )
