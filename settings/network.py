"""Where builds and tasks run."""

from pydantic import Field

from settings.base import Group, Port, SecurityGroupId, SubnetIds, VpcId


class Database(Group):
    """The database that migration and services reach."""

    security_group_id: SecurityGroupId = Field(
        description="Security group of the database; gets one ingress rule each."
    )
    port: Port = Field(default=5432, description="Port the database listens on.")


class Network(Group):
    """The VPC and its private subnets."""

    vpc_id: VpcId = Field(description="VPC of the builds, the tasks and the load balancer.")
    private_subnet_ids: SubnetIds = Field(
        min_length=1,
        max_length=16,
        description="Private subnets with a route to a NAT gateway (or all VPC endpoints); CodeBuild takes at most 16.",
    )
    owner_account_id: str | None = Field(
        default=None,
        pattern=r"^[0-9]{12}$",
        description="Account that shares the subnets with this one through AWS RAM; default: the stack's own.",
    )
    database: Database | None = Field(
        default=None,
        description="Database to open to the migration build and the services; leave out to manage it elsewhere.",
    )
