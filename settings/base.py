"""What every group of settings has in common: frozen, spelled in camelCase, closed to unknown keys."""

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

from documents.statements import check_statement, check_together


class Group(BaseModel):
    """A group of settings, read from one object of the stack's YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """To Python `true` is the number 1; who wrote `port: yes` meant something else."""
        if isinstance(value, bool) and _numeric(cls.model_fields[info.field_name or ""].annotation):
            raise ValueError(f"is {str(value).lower()}, and a number belongs there; write it in digits")
        return value


def _numeric(annotation: Any) -> bool:
    parts = get_args(annotation) or (annotation,)
    return any(
        part in (int, float) or (isinstance(part, int) and not isinstance(part, bool)) for part in parts
    ) or any(_numeric(part) for part in parts if get_origin(part) is Annotated)


def _text(value: Any) -> Any:
    """YAML reads `true` and `8080` as a boolean and a number; a process only knows text, so the writer must say which."""
    if isinstance(value, bool | int | float):
        word = "a truth value" if isinstance(value, bool) else "a number"
        raise ValueError(f"is {word} to YAML, and an environment variable is text; put it in quotes")  # noqa: TRY004  (pydantic turns ValueError into a finding, TypeError into a crash)
    return value


def whole(value: str) -> str:
    """The text, when a process can be given all of it."""
    if "\0" in value:
        raise ValueError("has a NUL character, where every program would see its end; leave it out")
    return value


def _name(name: str) -> str:
    if "=" in name or "\0" in name:
        raise ValueError(
            f"the variable name {name!r} has an equals sign or a NUL character in it, which end a name for every program: "
            "choose another name"
        )
    return name


VariableName = Annotated[str, Field(min_length=1), AfterValidator(_name)]
"""Name of a container's environment variable.

Amazon ECS has no rule for it (Amazon ECS API Reference, KeyValuePair and Secret), so dots, lower case and names such as
HOME or AWS_REGION are taken; what is refused is what no process can be given (environ(7)).
"""

VariableValue = Annotated[str, BeforeValidator(_text), AfterValidator(whole)]

Port = Annotated[int, Field(ge=1, le=65535)]

SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8}([0-9a-f]{9})?$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8}([0-9a-f]{9})?$")]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8}([0-9a-f]{9})?$")]


def no_repeats(values: list[str]) -> list[str]:
    """The values, when each is there once."""
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} stands there more than once; name each once")
    return values


AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00]*$")]
"""Folder inside a container; the container runtime refuses a relative one (Docker CLI reference, container run, --workdir)."""

SubnetIds = Annotated[list[SubnetId], AfterValidator(no_repeats)]

RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Days that CloudWatch Logs offers (CloudWatch Logs API Reference, PutRetentionPolicy)."""

LambdaArn = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$"),
]
KmsKeyArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$")]
KmsKeys = Annotated[list[KmsKeyArn], Field(description="Customer keys that encrypt these secrets.")]


def _statement(value: dict[str, Any]) -> dict[str, Any]:
    check_statement(value)
    return value


def _together(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    check_together(values)
    return values


Statements = Annotated[list[Annotated[dict[str, Any], AfterValidator(_statement)]], AfterValidator(_together)]
"""IAM statements as a policy document has them, held against what IAM takes."""
