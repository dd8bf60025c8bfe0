"""Functions: on record, their package beside them, for the rehearsal's Lambda to run.

AWS documents: lambda/latest/api/API_CreateFunction.md, API_PutFunctionConcurrency.md.
"""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

from rehearsal.host.project import ROOT
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_ import declared
from rehearsal.lambda_.declared import FUNCTION, MOST_RESERVED, FunctionInvalid
from rehearsal.lambda_.package import packed
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, refuse_taken

PRINCIPAL = "lambda.amazonaws.com"
"""Who acts as a function's role."""


def stored(cloud: Cloud, code_sha256: str) -> Path:
    """File that keeps the zip of this hash."""
    name = base64.b64decode(code_sha256).hex()
    return cloud.scratch / "functions" / f"{name}.zip"


def _function(cloud: Cloud, inputs: Inputs) -> Made:
    data = packed(inputs.get("code"), ROOT)
    code_sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
    made = {
        "arn": declared.arn_of(cloud.place, str(inputs["name"])),
        "codeSha256": code_sha256,
        "sourceCodeHash": inputs.get("sourceCodeHash") or code_sha256,
        "sourceCodeSize": len(data),
        "lastModified": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "version": "$LATEST",
    }
    function = declared.function(inputs, made)
    _refuse_role(cloud, function.role_arn)
    _refuse_reserved(cloud, function)
    file = stored(cloud, code_sha256)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return str(inputs["name"]), made


def _refuse_role(cloud: Cloud, role_arn: str) -> None:
    try:
        cloud.authority.assume(role_arn, PRINCIPAL)
    except AccessDenied as refused:
        raise FunctionInvalid(
            f"role {role_arn}: The role defined for the function cannot be assumed by Lambda. ({refused})"
        ) from refused


def _refuse_reserved(cloud: Cloud, function: declared.Function) -> None:
    others = [
        declared.read(one) for one in cloud.declared(FUNCTION) if one.outputs.get("arn") != function.arn
    ]
    total = sum(one.reserved or 0 for one in (*others, function))
    if total > MOST_RESERVED:
        raise FunctionInvalid(
            f"reservedConcurrentExecutions {function.reserved}: Specified ReservedConcurrentExecutions for function "
            "decreases account's UnreservedConcurrentExecution below its minimum value of [100]."
        )


KINDS = {
    FUNCTION: Kind(
        _function,
        refuse=refuse_taken(FUNCTION, "ResourceConflictException: Function already exist: {name}"),
        replaced_by=frozenset({"name", "packageType"}),
    ),
}
