"""Lets one security group reach the database."""

import pulumi
from pulumi_aws import vpc

from settings.network import Database


def open_database(
    name: str, database: Database | None, group_id: pulumi.Input[str], inside: pulumi.ResourceOptions
) -> None:
    """One ingress rule on the database's group for members of `group_id`; none when the database is managed elsewhere."""
    if database is None:
        return
    vpc.SecurityGroupIngressRule(
        f"{name}-database",
        description=f"{name} of {pulumi.get_project()} {pulumi.get_stack()}",
        security_group_id=database.security_group_id,
        referenced_security_group_id=group_id,
        ip_protocol="tcp",
        from_port=database.port,
        to_port=database.port,
        opts=inside,
    )
