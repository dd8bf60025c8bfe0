"""What can be broken in a rehearsal: each fault lasts as long as its context."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rehearsal.codepipeline.execution import ActionProvider
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.world.cloud import Cloud, Declared


@contextmanager
def without(cloud: Cloud, role: str, action: str) -> Generator[list[str]]:
    """A role (its ARN) without the statement that has `action`; the actions it lost. LookupError when it has none."""
    authority = cloud.authority
    for name, document in authority.policies(role).items():
        kept = [one for one in document["Statement"] if action not in one["Action"]]
        lost = [a for one in document["Statement"] if action in one["Action"] for a in one["Action"]]
        if lost:
            authority.put_policy(role, name, {**document, "Statement": kept})
            try:
                yield lost
            finally:
                authority.put_policy(role, name, document)
            return
    raise LookupError(f"the role {role} has no statement with {action}")


@contextmanager
def changed(cloud: Cloud, resource: Declared, **inputs: Any) -> Generator[None]:
    """A declared resource with other inputs, as somebody has set them by hand."""
    cloud.add(replace(resource, inputs={**resource.inputs, **inputs}))
    try:
        yield
    finally:
        cloud.add(resource)


@contextmanager
def rewritten(cloud: Cloud, bucket: str, key: str, body: bytes | None) -> Generator[None]:
    """An S3 object that holds something else, or is gone (None)."""
    s3 = cloud.client("s3")
    before = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if body is None:
        s3.delete_object(Bucket=bucket, Key=key)
    else:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    try:
        yield
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=before)


@contextmanager
def provided(pipeline: CodePipeline, name: str, action: ActionProvider) -> Generator[None]:
    """Another provider of the actions of one name, which does worse, or waits."""
    before = pipeline.provide(name, action)
    try:
        yield
    finally:
        pipeline.provide(name, before)
