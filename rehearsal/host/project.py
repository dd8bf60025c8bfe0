"""Where the project lies whose program is rehearsed."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
