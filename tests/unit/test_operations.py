"""Every AWS command in the documents is one that the AWS CLI takes: names, options and the form of their values."""

import re
import shlex
from typing import Any

import pytest
from awscli.clidriver import create_clidriver
from botocore.session import Session
from botocore.validate import ParamValidator

from rehearsal.host.project import ROOT
from tests.unit.harness import deployed_stack

DOCUMENTS = ("docs/operations.md", "docs/deploy.md", "README.md")

_BLOCKS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(aws [a-z0-9-]+ [a-z0-9-]+ --[^`]+)`")
_LOCAL = re.compile(r"file://|\$|get-login-password")
"""What needs a file or a variable of the reader's, and a command that the CLI makes up itself."""


def _commands() -> list[str]:
    found: list[str] = []
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = "\n".join(_BLOCKS.findall(text)).replace("\\\n", " ")
        found += [line for line in blocks.splitlines() if line.startswith("aws ")]
        found += _INLINE.findall(text)
    return [one.partition(" > ")[0].partition(" | ")[0] for one in found]


class Called(BaseException):
    """What the AWS CLI would have asked of AWS."""

    def __init__(self, service: str, operation: str, parameters: dict[str, Any]) -> None:
        super().__init__(service, operation, parameters)
        self.service, self.operation, self.parameters = service, operation, parameters


def _stop(_: object, service: str, operation: str, parameters: dict[str, Any], *__: object) -> None:
    raise Called(service, operation, parameters)


@pytest.mark.parametrize("command", [one for one in _commands() if not _LOCAL.search(one)])
def test_the_aws_cli_takes_the_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CLI's own parser reads it, and AWS's own model of the call takes what it read; nothing is called."""
    monkeypatch.setattr("awscli.clidriver.CLIOperationCaller.invoke", _stop)
    with pytest.raises(Called) as called:
        create_clidriver().main([*shlex.split(command)[1:], "--region", "us-east-1"])
    model = Session().get_service_model(called.value.service).operation_model(called.value.operation)
    report = ParamValidator().validate(called.value.parameters, model.input_shape)
    assert report.generate_report() == ""


def test_the_alarms_that_are_switched_on_again_are_all_that_the_group_has() -> None:
    [command] = [one for one in _commands() if "enabled=true" in one]
    group = deployed_stack("stg").one("DeploymentGroup").inputs
    assert sorted(re.findall(r"name=([\w-]+)", command)) == sorted(group["alarmConfiguration"]["alarms"])
    assert f"--application-name {group['appName']} " in command
    assert f"--current-deployment-group-name {group['deploymentGroupName']} " in command
