"""Lifecycle rules, bucket and topic policies, statements."""

from documents import bucket, events, grants
from documents.notifications import topic_policy
from documents.place import Place

PLACE = Place("123456789012", "eu-central-1")


def test_the_policy_of_the_bucket_refuses_plain_http_for_bucket_and_objects() -> None:
    [statement] = bucket.tls_only("arn:aws:s3:::b")["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_artifacts_expire_and_templates_stay() -> None:
    expiring = [rule for rule in bucket.expire_artifacts("shop-stg") if "expiration" in rule]
    assert [rule["filter"] for rule in expiring] == [{"prefix": "shop-stg"}], (
        "a waiting execution needs its templates"
    )


def test_only_this_rule_may_leave_events_in_the_queue() -> None:
    [statement] = events.dead_letter_policy("queue-arn", "rule-arn")["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "rule-arn"}}


def test_only_these_rules_and_alarms_of_this_account_may_publish() -> None:
    rules, alarms = topic_policy("topic", "123456789012", ["rule-1", "rule-2"])["Statement"]
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert rules["Condition"] == {"ArnEquals": {"aws:SourceArn": ["rule-1", "rule-2"]}}, (
        "EventBridge User Guide, cross-service-confused-deputy-prevention: the rule's ARN"
    )
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_parameters_are_granted_by_arn_in_this_region_and_account() -> None:
    [statement] = grants.read_secrets(PLACE, [], ["/shop/db"], [])
    assert statement["Action"] == ["ssm:GetParameters"]
    assert statement["Resource"] == ["arn:aws:ssm:eu-central-1:123456789012:parameter/shop/db"]


def test_customer_keys_decrypt_through_the_two_services_only() -> None:
    *_, statement = grants.read_secrets(PLACE, ["s"], [], [PLACE.arn("kms", "key/k")])
    assert statement["Action"] == ["kms:Decrypt"]
    assert statement["Condition"] == {
        "StringEquals": {
            "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com", "ssm.eu-central-1.amazonaws.com"]
        }
    }


def test_no_secrets_make_no_statements() -> None:
    assert grants.read_secrets(PLACE, [], [], []) == [], "an empty Resource list is refused by IAM"
    assert grants.call_hooks({}) == []
