"""This program's own settings; the package it installs has its own, under another name."""

import pulumi

NETWORK = "10.20.0.0/16"


def delivery(stack: str) -> dict[str, object]:
    """What every stack's delivery has in common; the stack's file says the rest, and goes before this."""
    return {
        "application": "shop",
        "images": {"app": {"repository": "shop"}},
        "source": {"push": {"tag": stack}},
        "migration": {
            "command": ["python", "migrate.py"],
            "secrets": {"DATABASE_URL": pulumi.Config("shop").require("databaseUrl")},
        },
    }
