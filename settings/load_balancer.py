"""What stands in front of a web service."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents.ranges import canonical, check_rules
from settings.base import Group, Port, SecurityGroupId, SubnetIds

HTTPS = 443


class LoadBalancer(Group):
    """An existing load balancer by ARN, or a new one in the given public subnets."""

    arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/[A-Za-z0-9-]+/[0-9a-f]+$",
        description="ARN of an existing Application Load Balancer.",
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
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:(acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+|iam::[0-9]{12}:server-certificate/[A-Za-z0-9_+=,.@/-]+)$",
        description="Certificate, of ACM or uploaded to IAM: makes it HTTPS.",
    )
    test_port: Port | None = Field(
        default=None, description="Port of a test listener, which sees green before production does."
    )
    allowed_cidrs: list[Annotated[str, AfterValidator(canonical)]] = Field(
        default=["0.0.0.0/0"],
        min_length=1,
        description="Who may reach a new load balancer's ports, as IPv4 ranges.",
    )

    @model_validator(mode="after")
    def _new_or_existing(self) -> "LoadBalancer":
        if (self.arn is None) == (self.public_subnet_ids is None):
            raise ValueError(
                "needs exactly one of arn (an existing load balancer) and publicSubnetIds (a new one); give one"
            )
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
        check_rules(self.allowed_cidrs, 1 if self.test_port is None else 2)
        return self
