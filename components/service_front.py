"""What stands in front of one web service: load balancer, listeners, and the two target groups traffic moves between."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, lb

from components.kit.stack import Stack
from components.rollouts.ownership import Ownership
from documents.names import fitting
from settings.load_balancer import LoadBalancer
from settings.service import Service

UNUSED_PORT = 80
"""A target group's port, which no target uses: ECS registers each task with its container's own port.

It never changes, because a target group with another port is another target group, and the one in use could not go.
"""


@dataclass(frozen=True, kw_only=True)
class ServiceFrontArgs:
    """What the front needs to know."""

    stack: Stack
    key: str
    """Name of the service in the settings."""
    ownership: Ownership
    """What of it belongs to whoever moves traffic."""

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
    """A production listener, optionally a test listener, and two target groups on an existing or a new load balancer."""

    load_balancer_arn: pulumi.Output[str]
    """ARN of the load balancer."""
    url: pulumi.Output[str]
    """Where the production listener answers; an existing load balancer's name is not known here, so its ARN stands there."""
    security_group_id: pulumi.Output[str]
    """Group the traffic comes from."""
    listener_arn: pulumi.Output[str]
    """ARN of the production listener."""
    test_listener_arn: pulumi.Output[str] | None
    """ARN of the test listener, if there is one."""
    production_rule: lb.ListenerRule | None
    """The rule whose weights move production traffic; None where the listener's own action does."""
    test_rule: lb.ListenerRule | None
    """The rule whose weights move test traffic, if there is such traffic."""

    def __init__(self, name: str, args: ServiceFrontArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the front."""
        super().__init__("delivery:index:ServiceFront", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        guarded = pulumi.ResourceOptions(parent=self, protect=args.stack.settings.release.protect)
        balancer = args.balancer
        if balancer.arn is None:
            self._make_load_balancer(name, args, inside, guarded)
        else:
            self.load_balancer_arn = pulumi.Output.from_input(balancer.arn)
            self.security_group_id = pulumi.Output.from_input(balancer.security_group_id or "")
            self.url = self.load_balancer_arn
        self.target_group_1 = _target_group(f"{name}-1", args, inside)
        self.target_group_2 = _target_group(f"{name}-2", args, inside)
        self.production_listener = self._listener(f"{name}-listener", args, balancer.port, guarded)
        self.listener_arn = self.production_listener.arn
        self.production_rule = self._rule(f"{name}-rule", args, self.production_listener, guarded)
        self.test_listener_arn = self.test_rule = None
        if balancer.test_port is not None:
            test = self._listener(f"{name}-test-listener", args, balancer.test_port, guarded)
            self.test_listener_arn = test.arn
            self.test_rule = self._rule(f"{name}-test-rule", args, test, guarded)
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

    def _make_load_balancer(
        self,
        name: str,
        args: ServiceFrontArgs,
        inside: pulumi.ResourceOptions,
        guarded: pulumi.ResourceOptions,
    ) -> None:
        balancer = args.balancer
        group = ec2.SecurityGroup(
            f"{name}-balancer-group",
            description=f"Load balancer of {name}",
            vpc_id=args.vpc_id,
            ingress=[
                {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": balancer.allowed_cidrs}
                for port in (balancer.port, balancer.test_port)
                if port is not None
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
            opts=guarded,
        )
        self.load_balancer_arn = made.arn
        self.security_group_id = group.id
        scheme = "https" if balancer.certificate_arn else "http"
        self.url = pulumi.Output.concat(scheme, "://", made.dns_name, ":", str(balancer.port))

    def _listener(
        self, name: str, args: ServiceFrontArgs, port: int, inside: pulumi.ResourceOptions
    ) -> lb.Listener:
        """A listener on the first target group; whoever moves traffic owns its default action from then on.

        Setting the action back would move live traffic (aws/aws-cdk#36649), so Pulumi ignores it. It depends on the second
        group as well: after a release the action names it, and ELB deletes no group that an action names.
        """
        balancer = args.balancer
        return lb.Listener(
            name,
            load_balancer_arn=self.load_balancer_arn,
            port=port,
            protocol="HTTPS" if balancer.certificate_arn else "HTTP",
            certificate_arn=balancer.certificate_arn,
            # Left out, the provider would keep the policy of a certificate that was taken away.
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06" if balancer.certificate_arn else "",
            default_actions=[{"type": "forward", "target_group_arn": self.target_group_1.arn}],
            opts=pulumi.ResourceOptions.merge(
                inside,
                pulumi.ResourceOptions(
                    ignore_changes=list(args.ownership.of_listeners), depends_on=[self.target_group_2]
                ),
            ),
        )

    def _rule(
        self, name: str, args: ServiceFrontArgs, listener: lb.Listener, inside: pulumi.ResourceOptions
    ) -> lb.ListenerRule | None:
        """A rule for all requests, where traffic moves by the weights of one: the first group has all of it, the second none.

        Both stand in it from the start, as ECS wants them (Amazon ECS Developer Guide, migrate-codedeploy-to-ecs-bluegreen), so
        that only weights change. Setting them back would move live traffic to a group that may be empty.
        """
        if not args.ownership.of_rules:
            return None
        groups: list[lb.ListenerRuleActionForwardTargetGroupArgsDict] = [
            {"arn": self.target_group_1.arn, "weight": 1},
            {"arn": self.target_group_2.arn, "weight": 0},
        ]
        return lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=1,
            conditions=[{"path_pattern": {"values": ["/*"]}}],
            actions=[{"type": "forward", "forward": {"target_groups": groups}}],
            opts=pulumi.ResourceOptions.merge(
                inside, pulumi.ResourceOptions(ignore_changes=list(args.ownership.of_rules))
            ),
        )


def _target_group(name: str, args: ServiceFrontArgs, inside: pulumi.ResourceOptions) -> lb.TargetGroup:
    service, check = args.service, args.service.health_check
    return lb.TargetGroup(
        fitting(name),
        vpc_id=args.vpc_id,
        port=UNUSED_PORT,
        protocol=service.protocol,
        target_type="ip",
        deregistration_delay=service.stop_timeout_seconds,
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
