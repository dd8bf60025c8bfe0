"""ArtifactStore alone."""

import json

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from documents.names import Names
from tests.unit.harness import NAMES, Config, Graph, deployed, remembered, stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/0000"


@remembered
def _store(key_arn: str | None = None, names: Names = NAMES, *, protect: bool = False) -> Graph:
    def change(raw: Config) -> None:
        raw["release"]["protect"] = protect
        if key_arn:
            raw["release"]["artifactKeyArn"] = key_arn

    args = ArtifactStoreArgs(stack=stack(change, names))
    return deployed(lambda: ArtifactStore("artifacts", args))


def test_it_is_versioned_private_and_speaks_tls_only() -> None:
    graph = _store()
    assert graph.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    block = graph.one("BucketPublicAccessBlock").inputs
    assert [block[key] for key in block if key != "bucket"] == [True] * 4, block
    [deny] = json.loads(graph.one("BucketPolicy").inputs["policy"])["Statement"]
    assert deny["Effect"] == "Deny"
    assert all(resource.startswith("arn:aws:s3:::shop-stg-artifacts-") for resource in deny["Resource"])


def test_s3s_own_key_encrypts_by_default() -> None:
    [rule] = _store().one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


def test_a_customer_key_encrypts_when_given() -> None:
    [rule] = _store(KEY).one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }


def test_a_protected_bucket_is_never_emptied() -> None:
    protected, open_ = _store(protect=True).one("Bucket"), _store().one("Bucket")
    assert (protected.protected, protected.inputs["forceDestroy"]) == (True, False)
    assert (open_.protected, open_.inputs["forceDestroy"]) == (False, True), "stg can be destroyed in one go"


def test_artifacts_expire_under_the_prefix_codepipeline_writes() -> None:
    graph = _store(names=Names("a-very-long-application", "stg"))
    rules = graph.one("BucketLifecycleConfiguration").inputs["rules"]
    assert rules[0]["filter"] == {"prefix": "a-very-long-applica"}, (
        "CodePipeline keeps 20 characters; the grant rests on 19, whatever becomes of the last"
    )


def test_the_expiry_waits_for_versioning() -> None:
    graph = _store()
    assert graph.one("BucketVersioning").urn in graph.one("BucketLifecycleConfiguration").depends_on
