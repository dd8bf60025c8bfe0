"""What AWS writes in small ASCII letters and digits is taken in no other alphabet's: Python and Unicode call more of them digits.

IAM User Guide, reference-arns: an account is twelve digits of 0 to 9, a Region small letters, digits and hyphens.
"""

import json
from typing import Any

import pytest

from documents.place import partition_of
from settings import SettingsError
from settings.schema import stack_schema
from tests.unit.edits import put
from tests.unit.harness import settings

OTHER = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
REGION, ACCOUNT = "us-east-1", "123456789012"
RIGHT: dict[str, Any] = {
    "images.app.oidcProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    "migration.secrets.A": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop-AbCdEf",
    "migration.secretsKmsKeys": [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123abcd"],
    "network.ownerAccountId": ACCOUNT,
    "notify.alarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
    "release.artifactKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123abcd",
    "services.web.loadBalancer.certificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0123abcd",
    "services.web.rollout.hooks.afterInstall": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:check-1",
    "services.web.secrets.A": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/token",
    "services.web.taskRoleStatements": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}
    ],
}


def _otherwise(value: Any, change: dict[int, int]) -> Any:
    return json.loads(json.dumps(value).translate(change))


@pytest.mark.parametrize("path", RIGHT)
def test_the_digits_of_another_alphabet_are_refused_in_an_arn(path: str) -> None:
    settings(put(path, RIGHT[path]))
    with pytest.raises(SettingsError) as refused:
        settings(put(path, _otherwise(RIGHT[path], OTHER)))
    assert str(refused.value).startswith(f"delivery:{path}"), str(refused.value)


@pytest.mark.parametrize(
    "path", [path for path in RIGHT if "kms" in str(RIGHT[path]) or "sns" in str(RIGHT[path])]
)
def test_the_letters_of_another_alphabet_are_refused_in_a_name_of_aws(path: str) -> None:
    with pytest.raises(SettingsError):
        settings(put(path, _otherwise(RIGHT[path], str.maketrans("as", "ая"))))


def test_no_rule_of_the_settings_counts_letters_or_digits_of_every_alphabet() -> None:
    """The rules are matched by Rust, where `\\d` and `\\w` are Unicode's; JSON Schema reads them as ASCII."""
    assert not [
        line for line in json.dumps(stack_schema(), indent=1).splitlines() if r"\\d" in line or r"\\w" in line
    ]


@pytest.mark.parametrize(
    "region", ["us-east-\u0661", "eu-zentral-", "us-größe-1", "us-east_1", "us-gov-west-1-a"]
)
def test_a_region_is_written_as_aws_writes_it(region: str) -> None:
    with pytest.raises(ValueError, match="is no Region"):
        partition_of(region)
