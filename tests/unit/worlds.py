"""A stack with every choice taken: what the shipped stacks leave out."""

import copy
from functools import cache

from tests.unit.harness import STACKS, Config, Graph, deployed_stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/0000"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0000"
WINDOW = {"cron": "0 0 9-17 ? * MON-FRI *", "timeZone": "Europe/Berlin"}
APPROVAL = {"timeoutMinutes": 60, "message": "Sure?"}
EVERYTHING, MOVED = "everything", "moved by ECS"
WORLDS = (*STACKS, EVERYTHING, MOVED)


@cache
def world(name: str) -> Graph:
    """The graph of a shipped stack, or of stg with two services and every choice taken, or with one of each kind."""
    return deployed_stack("stg" if name in _CHANGED else name, _CHANGED.get(name))


def _everything(config: Config) -> None:
    config["aws:assumeRole"] = {"roleArn": "arn:aws:iam::123456789012:role/infrastructure"}
    config["other:key"] = "value"
    config["delivery:release"].update(artifactKeyArn=KEY, approval=APPROVAL, window=WINDOW, mode="SUPERSEDED")
    web = config["delivery:services"]["web"]
    web["secrets"]["TOKEN"] = "/shop/token"
    web["secretsKmsKeys"] = [KEY]
    web["taskRoleStatements"] = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    ]
    web["rollout"] = {"hooks": {"beforeAllowTraffic": "arn:aws:lambda:us-east-1:123456789012:function:check"}}
    web["loadBalancer"].update(
        port=443, testPort=8443, certificateArn=CERTIFICATE, furtherCertificateArns=[f"{CERTIFICATE}1"],
        redirectHttp=True, accessLogs={"bucket": "shop-access-logs", "prefix": "stg"},
    )  # fmt: skip
    config["delivery:services"]["api"] = copy.deepcopy(web)
    config["delivery:services"]["api"]["rollout"]["canary"] = {"percent": 25, "intervalMinutes": 45}
    rules = [{"priority": 10, "hosts": ["api.shop.example.com"], "paths": ["/v1/*"]}]
    config["delivery:services"]["api"]["loadBalancer"] = {
        "listener": {"service": "web", "rules": rules, "test": {"rules": rules}}
    }


def _moved(config: Config) -> None:
    """Besides, a service that ECS itself moves, and a worker."""
    _everything(config)
    web = config["delivery:services"]["web"]
    hook = {"stages": ["POST_SCALE_UP"], "function": "arn:aws:lambda:us-east-1:123456789012:function:look"}
    config["delivery:services"]["native"] = copy.deepcopy(web) | {
        "rollout": {"by": "ecs", "lifecycleHooks": [hook, {"stages": ["PRE_SCALE_UP"], "pause": {}}]}
    }
    config["delivery:services"]["mail"] = {
        key: value
        for key, value in copy.deepcopy(web).items()
        if key not in ("loadBalancer", "port", "protocol", "healthCheck", "rollout")
    }


_CHANGED = {EVERYTHING: _everything, MOVED: _moved}
