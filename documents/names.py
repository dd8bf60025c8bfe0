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
        """What every artifact's key begins with, however CodePipeline cuts the pipeline's name.

        It writes under a folder of the name's first 20 characters (awsdocs/aws-cloudformation-user-guide#733); whether a hyphen at
        the end stays is written nowhere. So grants and expiry rest on 19 characters without a hyphen at their end, and on no slash:
        the bucket is this stack's own, and its other folder is called otherwise.
        """
        return self.pipeline[:19].rstrip("-")


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
