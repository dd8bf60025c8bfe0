"""What a second terminal does with a rehearsal that is kept: asks it by what it prints, and pushes to it."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.host.sdk import session
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.plays.versions import BROKEN
from rehearsal.running.traffic import get
from tests.rehearsal.commandline import Running


def addresses(running: Running) -> Mapping[str, Any]:
    """Ask the addresses that a kept rehearsal prints."""
    told = running.told()
    (service,) = re.findall(r"^web: (http\S+)$", told, re.MULTILINE)
    (endpoint,) = re.findall(r"^export AWS_ENDPOINT_URL=(http\S+)$", told, re.MULTILINE)
    refused = {
        name: said_of(endpoint, name, call)
        for name, call in {
            "codepipeline": "list_webhooks", "codedeploy": "list_git_hub_account_token_names",
            "codebuild": "list_curated_environment_images", "elbv2": "describe_ssl_policies", "events": "list_archives",
            "iam": "list_roles", "ecs": "list_account_settings", "cloudwatch": "list_dashboards",
            "sns": "list_platform_applications", "lambda": "list_layers",
        }.items()
    }  # fmt: skip
    return {
        "service": get(service),
        "endpoint": get(endpoint, "/_ministack/health")[0],
        "refused": refused,
        "pasted": pasted(told),
        "pushed": push_by_hand(running, endpoint),
    }


def pasted(told: str) -> Mapping[str, "subprocess.CompletedProcess[str]"]:
    """What the real AWS CLI answers in a second terminal, to each command that a kept rehearsal prints."""
    exports = re.findall(r"^(?:export|unset) AWS_.*$", told, re.MULTILINE)
    examples = re.findall(r"^aws .*$", told, re.MULTILINE)
    elsewhere = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SESSION_TOKEN": "else's",
        "AWS_PROFILE": "work",
        "AWS_CONFIG_FILE": "/dev/null",
    }
    return {
        example: subprocess.run(
            ["bash", "-ec", "\n".join([*exports, example])],  # noqa: S607  (the reader's own)
            env=elsewhere,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for example in examples
        if "docker" not in example and "AWS CLI version 2" not in example
    }


def client_of(endpoint: str, name: str) -> Any:
    """A client as whoever reads the printed line makes one."""
    return session().create_client(
        name,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def said_of(endpoint: str, name: str, call: str) -> str:
    """What the endpoint says of a call that it does not answer."""
    with pytest.raises(ClientError) as refused:
        getattr(client_of(endpoint, name), call)()
    return str(refused.value)


def push_by_hand(running: Running, endpoint: str) -> str:
    """Push an image whose migration fails, as any client of the registry could."""
    image = pack(BROKEN.folder, overlays=BROKEN.overlays, architecture="amd64")
    ecr = client_of(endpoint, "ecr")
    digest = Registry(endpoint, lambda: ecr_token(ecr)).push(image, "shop", ["by-hand", "stg"])
    running.wait_for_after("Staying up until Ctrl-C", "execution Failed")
    return digest
