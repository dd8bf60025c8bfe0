"""What CodeBuild does as the service role before a build's commands run.

AWS documents: codebuild/latest/userguide/setting-up-service-role.md,
auth-and-access-control-iam-identity-based-access-control.md ("Allow CodeBuild access to AWS services required
to create a VPC network interface"), troubleshooting-vpc.md.
"""

import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.codebuild import buildspec
from rehearsal.codebuild.declared import Project
from rehearsal.codebuild.log import BuildLog
from rehearsal.codebuild.variables import VariableUnavailable, resolve
from rehearsal.errors import AwsRefusal
from rehearsal.identity.authority import AccessDenied, Credentials
from rehearsal.world import said
from rehearsal.world.cloud import Cloud
from rehearsal.world.zips import unzipped

_SERVICE = "codebuild.amazonaws.com"
_VPC_ACTIONS = (
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
    "DescribeDhcpOptions",
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DeleteNetworkInterface",
)
_INTERFACE = "eni-0123456789abcdef0"
_NO_DAEMON = """#!/bin/sh
echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2
exit 1
"""
_S3_ARN = re.compile(r"arn:[\w-]+:s3:::([^/]+)/(.+)")


class PhaseFailed(AwsRefusal):
    """A build phase failed; the text is the phase context's message."""

    def __init__(self, phase: str, code: str, message: str) -> None:
        """Hold the phase's name and its status code, for example COMMAND_EXECUTION_ERROR."""
        super().__init__(code, message)
        self.phase = phase


@dataclass(frozen=True)
class Input:
    """One artifact that a build starts from."""

    name: str
    get: Callable[[Credentials], bytes]
    """Reads its zip as the build's role; botocore's ClientError when that is refused."""
    revision: str | None = None
    """Revision of the source it came from."""


def provision(cloud: Cloud, project: Project, role_arn: str, build_id: str, log: BuildLog) -> Credentials:
    """Assume the service role, open the log, attach to the VPC; PhaseFailed where one is refused."""
    phase = "PROVISIONING"
    try:
        credentials = cloud.authority.assume(role_arn, _SERVICE, {"aws:SourceArn": project.arn})
    except AccessDenied as refused:
        raise PhaseFailed(
            phase,
            "ACCESS_DENIED",
            f"CodeBuild is not authorized to perform: sts:AssumeRole on {role_arn}. {refused}",
        ) from refused
    try:
        log.open(credentials)
    except ClientError as error:
        refused = f"Service role {role_arn} does not allow AWS CodeBuild to create"
        what = f"Amazon CloudWatch Logs log streams for build {build_arn(cloud, project, build_id)}"
        raise PhaseFailed(
            phase, "ACCESS_DENIED", f"{refused} {what}. Error message: {said.whole(error)}"
        ) from error
    try:
        _attach(cloud, project, role_arn)
    except AccessDenied as refused:
        raise PhaseFailed(
            phase, "VPC_CLIENT_ERROR", f"Unexpected EC2 error: UnauthorizedOperation: {refused}"
        ) from refused
    return credentials


def download(inputs: Sequence[Input], primary: str | None, credentials: Credentials, workplace: Path) -> Path:
    """Unpack every input artifact, each into a folder of its name; the folder of the primary one."""
    names = [one.name for one in inputs]
    if primary is None and len(names) > 1:
        raise PhaseFailed(
            "DOWNLOAD_SOURCE",
            "CLIENT_ERROR",
            f"PrimarySource is required with more than one input artifact; it names one of {sorted(names)}",
        )
    base = folder(workplace, "src")
    source = folder(base, primary or next(iter(names), "source"))
    for one in inputs:
        try:
            files = unzipped(one.get(credentials))
        except ClientError as error:
            raise PhaseFailed(
                "DOWNLOAD_SOURCE",
                "CLIENT_ERROR",
                f"error while downloading input artifact {one.name}: {said.whole(error)}",
            ) from error
        _write(files, folder(base, one.name))
    return source


def document(cloud: Cloud, credentials: Credentials, text: str, source: Path) -> buildspec.Buildspec:
    """The buildspec: given inline, as an S3 ARN, or as a file of the source."""
    phase, code = "DOWNLOAD_SOURCE", "YAML_FILE_ERROR"
    if "\n" not in text:
        stored = _S3_ARN.fullmatch(text)
        path = source / (text or "buildspec.yml")
        try:
            if stored:
                s3 = cloud.client("s3", credentials)
                text = s3.get_object(Bucket=stored[1], Key=stored[2])["Body"].read().decode()
            else:
                text = path.read_text(encoding="utf-8")
        except ClientError as error:
            raise PhaseFailed(phase, code, f"{text}: {said.whole(error)}") from error
        except OSError as error:
            raise PhaseFailed(phase, code, f"YAML file does not exist: {path.name}") from error
    try:
        return buildspec.parse(text)
    except buildspec.InvalidBuildspec as error:
        raise PhaseFailed(phase, code, str(error)) from error


def variables(
    cloud: Cloud,
    credentials: Credentials,
    declared: Iterable[buildspec.EnvironmentVariable],
    log: BuildLog,
) -> dict[str, str]:
    """The variables' values, after the log was told which of them to hide."""
    log.hide([credentials.access_key_id])
    try:
        values, secrets = resolve(cloud, credentials, declared)
    except VariableUnavailable as error:
        raise PhaseFailed("DOWNLOAD_SOURCE", "CLIENT_ERROR", str(error)) from error
    log.hide(secrets)
    return values


def flushed(log: BuildLog, phase: str, role_arn: str) -> None:
    """Send the log; a role that may not ends the phase."""
    try:
        log.flush()
    except ClientError as error:
        raise PhaseFailed(
            phase,
            "ACCESS_DENIED",
            f"Service role {role_arn} does not allow AWS CodeBuild to write to CloudWatch Logs: {said.whole(error)}",
        ) from error


def without_docker(workplace: Path) -> Path:
    """A folder whose `docker` answers as the client does when no daemon runs."""
    place = folder(workplace, "no-docker")
    client = place / "docker"
    client.write_text(_NO_DAEMON, encoding="utf-8")
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    return place


def folder(base: Path, name: str) -> Path:
    """A folder that exists."""
    made = base / name
    made.mkdir(parents=True, exist_ok=True)
    return made


def build_arn(cloud: Cloud, project: Project, build_id: str) -> str:
    """ARN of a build."""
    return cloud.place.arn("codebuild", f"build/{project.name}:{build_id}")


def _attach(cloud: Cloud, project: Project, role_arn: str) -> None:
    """Make the network interface of a VPC build.

    CodeBuild takes one of the subnets; all are asked for, since any may be the one. The interface is this account's, a shared
    subnet its owner's (Amazon VPC User Guide, vpc-sharing).
    """
    if not project.in_vpc:
        return
    for action in _VPC_ACTIONS:
        cloud.authority.authorize(role_arn, f"ec2:{action}", "*")
    owner = cloud.place.elsewhere(account=cloud.subnets_owner)
    for subnet in project.subnets:
        context = {
            "ec2:AuthorizedService": _SERVICE,
            "ec2:Subnet": owner.arn("ec2", f"subnet/{subnet}"),
        }
        interface = cloud.place.arn("ec2", f"network-interface/{_INTERFACE}")
        cloud.authority.authorize(role_arn, "ec2:CreateNetworkInterfacePermission", interface, context)


def _write(files: dict[str, bytes], base: Path) -> None:
    for name, data in files.items():
        path = (base / name).resolve()
        if not path.is_relative_to(base.resolve()):
            raise PhaseFailed(
                "DOWNLOAD_SOURCE", "CLIENT_ERROR", f"the input artifact has a file outside its folder: {name}"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
