"""Names that an operator types, or that AWS refers to; everything else is named by Pulumi."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Names made from the application and the stack."""

    application: str
    stack: str

    @property
    def pipeline(self) -> str:
        """The pipeline, and what every other name begins with."""
        return f"{self.application}-{self.stack}"

    @property
    def migration(self) -> str:
        """The CodeBuild project."""
        return f"{self.pipeline}-migrate"

    @property
    def descriptor(self) -> str:
        """The SSM parameter that says what there is."""
        return f"/delivery/{self.application}/{self.stack}"

    def service(self, service: str) -> str:
        """ECS service, task definition family, CodeDeploy application and deployment group of one service."""
        return f"{self.pipeline}-{service}"

    def log_group(self, what: str) -> str:
        """CloudWatch log group of the migration or of one service."""
        return f"/delivery/{self.application}/{self.stack}/{what}"

    @property
    def artifacts(self) -> str:
        """First part of every artifact's key: CodePipeline keeps 20 characters of the pipeline's name.

        Documented nowhere but seen (awsdocs/aws-cloudformation-user-guide#733); grants and expiry rest on it.
        """
        return self.pipeline[:20]


TEMPLATES = "templates"
"""First part of every template's key in the artifact bucket."""


def taskdef_file(service: str) -> str:
    """File name of a service's task definition template in the deploy artifact."""
    return f"taskdef-{service}.json"


def appspec_file(service: str) -> str:
    """File name of a service's AppSpec template in the deploy artifact."""
    return f"appspec-{service}.yaml"


def fitting(name: str) -> str:
    """`name` cut so that Pulumi's suffix of eight characters still fits into the 32 that ELB allows.

    For load balancers and target groups (Elastic Load Balancing API Reference, CreateLoadBalancer, CreateTargetGroup).
    """
    return name[:24].rstrip("-")
