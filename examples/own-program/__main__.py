"""Declares the shop's infrastructure, image delivery among it."""

import pulumi
from components.uploads import Uploads
from pulumi_aws import ec2

from image_delivery import declare
from settings import NETWORK
from settings import delivery as common

stack = pulumi.get_stack()
vpc = ec2.Vpc("batch", cidr_block=NETWORK, enable_dns_hostnames=True)
ec2.Subnet("batch-a", vpc_id=vpc.id, cidr_block="10.20.1.0/24")
uploads = Uploads("uploads")

delivered = declare(common(stack))

pulumi.export("uploads", uploads.bucket)
pulumi.export("url", delivered.content.services["web"].url)
pulumi.export("delivery", delivered.exports)
