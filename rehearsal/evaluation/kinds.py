"""How each declared resource comes to be in the local cloud: one module for each AWS service.

Some are made for real in the emulator, because containers and command lines touch them; the others are put on record with
the id, ARN and attributes that AWS would answer, for the services of the rehearsal to read.
"""

from rehearsal.resources import (
    cloudwatch,
    codeservices,
    ec2,
    ecr,
    ecs,
    iam,
    lb,
    messaging,
    s3,
    ssm,
)
from rehearsal.resources.kind import Kind

KINDS: dict[str, Kind] = {
    **cloudwatch.KINDS,
    **codeservices.KINDS,
    **ec2.KINDS,
    **ecr.KINDS,
    **ecs.KINDS,
    **iam.KINDS,
    **lb.KINDS,
    **messaging.KINDS,
    **s3.KINDS,
    **ssm.KINDS,
}
"""Every Pulumi type token the local cloud can make."""
