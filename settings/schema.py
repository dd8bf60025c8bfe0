"""The JSON Schema of a stack's YAML, made from the same models: editors complete and check `Pulumi.<stack>.yaml`."""

import json
from pathlib import Path
from typing import Any

from settings import NAMESPACE, Settings

FILE = Path(__file__).with_name("stack.schema.json")


def stack_schema() -> dict[str, Any]:
    """JSON Schema of a whole `Pulumi.<stack>.yaml`: our keys closed, other namespaces left to their owners."""
    model = Settings.model_json_schema(by_alias=True)
    definitions = model.pop("$defs")
    required = [f"{NAMESPACE}:{key}" for key in model["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack configuration of delivery",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"{NAMESPACE}:{key}": value for key, value in model["properties"].items()},
                "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
                "additionalProperties": False,
                "required": required,
            }
        },
        "required": ["config"],
        "$defs": definitions,
    }


def text() -> str:
    """The schema as it stands in the repository."""
    return json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
