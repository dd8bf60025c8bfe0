"""Buckets and objects: real ones; what guards a bucket is on record.

The bucket policy is not enforced: the rehearsal speaks plain HTTP on this machine, which TLS-only refuses.
"""

import contextlib

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, attached_to


def _bucket(cloud: Cloud, inputs: Inputs) -> Made:
    name = inputs["bucket"]
    s3 = cloud.client("s3")
    where = (
        {}
        if cloud.place.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": cloud.place.region}}
    )
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=name, **where)
    return name, {
        "arn": cloud.place.bucket_arn(name),
        "bucketDomainName": f"{name}.s3.{cloud.place.dns_suffix}",
        "bucketRegionalDomainName": cloud.place.host(f"{name}.s3"),
    }


def _remove_bucket(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    """S3 refuses to delete a bucket that holds anything (BucketNotEmpty); `forceDestroy` empties it first."""
    s3 = cloud.client("s3")
    if inputs.get("forceDestroy"):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource_id):
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=resource_id, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=resource_id)


def _versioning(cloud: Cloud, inputs: Inputs) -> Made:
    status = inputs["versioningConfiguration"]["status"]
    cloud.client("s3").put_bucket_versioning(
        Bucket=inputs["bucket"], VersioningConfiguration={"Status": status}
    )
    return inputs["bucket"], {}


def _object(cloud: Cloud, inputs: Inputs) -> Made:
    answer = cloud.client("s3").put_object(
        Bucket=inputs["bucket"],
        Key=inputs["key"],
        Body=str(inputs["content"]).encode(),
        ContentType=inputs.get("contentType", "binary/octet-stream"),
    )
    made = cloud.place.bucket_arn(f"{inputs['bucket']}/{inputs['key']}")
    return inputs["key"], {
        "arn": made,
        "etag": answer["ETag"].strip('"'),
        "versionId": answer.get("VersionId", ""),
    }


def _remove_object(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:
    cloud.client("s3").delete_object(Bucket=inputs["bucket"], Key=resource_id)


def _of_bucket() -> Kind:
    return Kind(attached_to("bucket"), named=None, replaced_by=frozenset({"bucket"}))


KINDS = {
    "aws:s3/bucket:Bucket": Kind(
        _bucket,
        _remove_bucket,
        named="bucket",
        prefix="bucketPrefix",
        longest=63,
        replaced_by=frozenset({"bucket", "bucketPrefix"}),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Kind(
        _versioning, named=None, replaced_by=frozenset({"bucket"})
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Kind(
        _object, _remove_object, named=None, replaced_by=frozenset({"bucket", "key"})
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of_bucket(),
    "aws:s3/bucketPolicy:BucketPolicy": _of_bucket(),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_bucket(),
}
