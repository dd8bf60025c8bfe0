"""What stands in front of a web service."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from documents.ranges import canonical, check_rules
from settings.base import Group, Port, SecurityGroupId, SubnetIds, no_repeats
from settings.listener import ListenerRule, Rules, SharedListener

HTTP, HTTPS = 80, 443

CertificateArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:(acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+|iam::[0-9]{12}:server-certificate/[A-Za-z0-9_+=,.@/-]+)$"
    ),
]


class AccessLogs(Group):
    """A bucket that others own, whose policy lets the load balancer write."""

    bucket: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="Bucket of the stack's Region, encrypted by keys of S3's own. Its policy lets the principal "
        "`logdelivery.elasticloadbalancing.amazonaws.com` do `s3:PutObject` on `PREFIX/AWSLogs/ACCOUNT/*`; without that `pulumi up` fails.",
    )
    prefix: str = Field(
        default="",
        pattern=r"^([^/\s]+(/[^/\s]+)*)?$",
        description="What the logs' keys begin with, without slashes around it.",
    )

    @model_validator(mode="after")
    def _prefix_of_its_own(self) -> "AccessLogs":
        """Elastic Load Balancing User Guide for Application Load Balancers, enable-access-logging."""
        if "AWSLogs" in self.prefix:
            raise ValueError(
                f"prefix {self.prefix!r} has AWSLogs in it, which the load balancer adds itself: choose another prefix"
            )
        return self


class DefaultAnswer(Group):
    """What the load balancer itself answers to requests that no rule is for."""

    status_code: int = Field(ge=200, le=599, description="A status of 200 to 299 or 400 to 599.")
    content_type: Literal[
        "text/plain", "text/css", "text/html", "application/javascript", "application/json"
    ] = Field(default="text/plain", description="What the body is.")
    body: str = Field(default="", max_length=1024, description="The answer's text.")

    @model_validator(mode="after")
    def _taken_by_elb(self) -> "DefaultAnswer":
        if self.status_code // 100 not in {2, 4, 5}:
            raise ValueError(
                f"statusCode {self.status_code} is none that a load balancer answers itself, 200 to 299 or 400 to 599 "
                "(Elastic Load Balancing API Reference, FixedResponseActionConfig): choose another"
            )
        return self


class LoadBalancer(Group):
    """A new load balancer in the given public subnets, an existing one by ARN, or only rules on a listener that is shared."""

    arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/[A-Za-z0-9-]+/[0-9a-f]+$",
        description="ARN of an existing Application Load Balancer.",
    )
    listener: SharedListener | None = Field(
        default=None,
        description="A listener that is there already, on which the service gets rules of its own.",
    )
    security_group_id: SecurityGroupId | None = Field(
        default=None, description="Security group of the existing load balancer."
    )
    public_subnet_ids: SubnetIds | None = Field(
        default=None, min_length=2, description="Subnets of a new load balancer, in two zones at least."
    )
    internal: bool = Field(
        default=False, description="Whether a new load balancer is reachable from inside only."
    )
    port: Port = Field(default=443, description="Port of the production listener.")
    certificate_arn: CertificateArn | None = Field(
        default=None,
        description="Certificate, of ACM or uploaded to IAM: makes it HTTPS.",
    )
    further_certificate_arns: Annotated[list[CertificateArn], AfterValidator(no_repeats)] = Field(
        default=[],
        description="Certificates for other host names, which the listeners choose by what the client asks for (SNI).",
    )
    redirect_http: bool = Field(
        default=False,
        description="Whether a new load balancer answers on port 80 by a redirect (301) to the production listener.",
    )
    test_port: Port | None = Field(
        default=None, description="Port of a test listener, which sees green before production does."
    )
    allowed_cidrs: list[Annotated[str, AfterValidator(canonical)]] = Field(
        default=["0.0.0.0/0"],
        min_length=1,
        description="Who may reach a new load balancer's ports, as IPv4 ranges.",
    )
    rules: Rules | None = Field(
        default=None,
        description="The only requests that are the service's, by one rule; all others get the `defaultAnswer`. For a new service: one "
        "that has been released may be live on its second target group, and the rule begins at the first.",
    )
    default_answer: DefaultAnswer | None = Field(
        default=None, description="What the production listener answers to all other requests."
    )
    idle_timeout_seconds: int = Field(
        default=60,
        ge=1,
        le=4000,
        description="Seconds without a byte after which a new load balancer closes a connection.",
    )
    access_logs: AccessLogs | None = Field(
        default=None, description="Where a new load balancer writes who asked for what."
    )
    deregistration_delay_seconds: int | None = Field(
        default=None,
        ge=0,
        le=3600,
        description="Seconds that requests under way have once a task gets no new ones; default: `stopTimeoutSeconds`.",
    )

    @property
    def is_new(self) -> bool:
        """Whether the load balancer itself is made here."""
        return self.public_subnet_ids is not None

    @property
    def shares(self) -> str | None:
        """The service of this stack whose listener is shared, if it is one's."""
        return self.listener.service if self.listener else None

    @property
    def is_tested(self) -> bool:
        """Whether there is test traffic, by a listener or by a rule."""
        return self.test_port is not None or (self.listener is not None and self.listener.test is not None)

    @property
    def ports(self) -> list[int]:
        """Ports on which a new load balancer is reached."""
        redirect = HTTP if self.redirect_http else None
        return [port for port in (self.port, self.test_port, redirect) if port is not None]

    @property
    def production_rules(self) -> Sequence[ListenerRule]:
        """The rules that bring production traffic; none where a default action does."""
        return self.listener.rules if self.listener else self.rules or ()

    def routes(self, owner: str) -> Iterator[tuple[str, Sequence[ListenerRule]]]:
        """Each listener on which the service of this name has rules, as the stack tells them apart, with those rules."""
        if self.rules is not None:
            yield f"the listener of service {owner}", self.rules
        if self.listener is None:
            return
        production = self.listener.arn or f"the listener of service {self.listener.service}"
        yield production, self.listener.rules
        if self.listener.test is not None:
            beside = (
                production if self.listener.arn else f"the test listener of service {self.listener.service}"
            )
            yield self.listener.test.arn or beside, self.listener.test.rules

    @model_validator(mode="after")
    def _new_or_existing(self) -> "LoadBalancer":
        if [self.arn, self.public_subnet_ids, self.listener].count(None) != 2:  # noqa: PLR2004  (one of three)
            raise ValueError(
                "needs exactly one of arn (an existing load balancer), publicSubnetIds (a new one) and listener (a shared one); "
                "give one"
            )
        if self.listener is not None:
            self._expect_only_rules(self.listener)
            return self
        if (self.arn is None) != (self.security_group_id is None):
            raise ValueError(
                "arn and securityGroupId belong together: tasks accept traffic from that group only; give both or neither"
            )
        if self.port == HTTPS and self.certificate_arn is None:
            raise ValueError(
                f"port {HTTPS} is where browsers expect HTTPS, and there is no certificateArn: "
                "give a certificate, or another port such as 80"
            )
        if self.test_port == self.port:
            raise ValueError(
                f"testPort {self.test_port} is the production port; CodeDeploy needs a test listener of its own: "
                "choose another port"
            )
        self._expect_own()
        check_rules(self.allowed_cidrs, len(self.ports))
        return self

    def _expect_only_rules(self, listener: SharedListener) -> None:
        """Refuse what belongs to the listener or the load balancer, where others own both."""
        theirs = sorted(
            str(type(self).model_fields[name].alias)
            for name in self.model_fields_set
            - {"listener", "security_group_id", "deregistration_delay_seconds"}
            if getattr(self, name) is not None
        )
        if theirs:
            raise ValueError(
                f"listener and {', '.join(theirs)} are given together, and a shared listener has its owner's: leave them out"
            )
        if (listener.arn is None) != (self.security_group_id is None):
            raise ValueError(
                "listener.arn and securityGroupId belong together: tasks accept traffic from that group only, and the group of a "
                "service of this stack is known; give both or neither"
            )

    def _expect_own(self) -> None:
        new = [
            ("redirectHttp", self.redirect_http),
            ("accessLogs", self.access_logs is not None),
            ("idleTimeoutSeconds", "idle_timeout_seconds" in self.model_fields_set),
        ]
        if theirs := [name for name, given in new if given and not self.is_new]:
            raise ValueError(
                f"{' and '.join(theirs)} of a load balancer that is there already are its owner's: leave them out"
            )
        if self.certificate_arn is None:
            for name, given in (
                ("furtherCertificateArns", self.further_certificate_arns),
                ("redirectHttp", self.redirect_http),
            ):
                if given:
                    raise ValueError(
                        f"{name} needs HTTPS, and there is no certificateArn: give one, or leave it out"
                    )
        if self.redirect_http and HTTP in (self.port, self.test_port):
            raise ValueError(
                f"redirectHttp answers on port {HTTP}, and a port has one listener: give port and testPort others, or leave it out"
            )
        if (self.rules is None) != (self.default_answer is None):
            raise ValueError(
                "rules and defaultAnswer belong together: what no rule is for needs an answer, and without rules nothing is left "
                "for one; give both or neither"
            )
