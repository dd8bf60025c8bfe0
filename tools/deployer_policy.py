"""Prints the IAM policies of whoever runs `pulumi up` for a stack, made from what the program declares for it.

python -m tools.deployer_policy [--stack STACK] [--account ID] [--region REGION]
"""

import argparse
import json
import sys
from collections.abc import Sequence

from documents.deployer import Deployed, policies
from documents.names import Names
from documents.place import EXAMPLE_ACCOUNT, Place
from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.program import stack_config
from settings import NAMESPACE, parse
from tools.declared import declaring


def declared_types(stack: str) -> list[str]:
    """Types of every resource the program declares for a stack."""
    with declaring(stack) as cloud:
        return [type_ for type_ in sorted(KINDS) if cloud.declared(type_)]


def main(arguments: Sequence[str]) -> int:
    """Print the policies as one JSON list."""
    parser = argparse.ArgumentParser(prog="python -m tools.deployer_policy", description=__doc__)
    parser.add_argument("--stack", default="stg", help="stack whose YAML is read; default: stg")
    parser.add_argument("--account", default=EXAMPLE_ACCOUNT, help="your account's number")
    parser.add_argument("--region", help="Region; default: the stack's aws:region")
    chosen = parser.parse_args(arguments)
    config = stack_config(chosen.stack)
    region = chosen.region or str(config["aws:region"])
    settings = parse(
        {key.partition(":")[2]: value for key, value in config.items() if key.startswith(f"{NAMESPACE}:")}
    )
    deployed = Deployed(
        place=Place.of(chosen.account, region),
        names=Names(settings.application, chosen.stack),
        repository=settings.image.repository,
        services=list(settings.services),
        key_arn=settings.release.artifact_key_arn,
    )
    print(json.dumps(policies(deployed, declared_types(chosen.stack)), indent=2))  # noqa: T201  (what it is called for)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
