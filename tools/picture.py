"""Draws docs/release.svg: the way of an image through what a stack declares, from the push to the load balancer.

python -m tools.picture [--stack STACK]
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tools.declared import declaring

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "release.svg"

PIPELINE = "aws:codepipeline/pipeline:Pipeline"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
GROUP = "aws:codedeploy/deploymentGroup:DeploymentGroup"
PROJECT = "aws:codebuild/project:Project"
TYPES = (PIPELINE, RULE, TARGET, GROUP, PROJECT)

Declared = Mapping[str, Sequence[Mapping[str, Any]]]
"""Inputs of the declared resources, in camelCase, by Pulumi type token."""

CHARACTER = 7.4
"""Width of a character in pixels, at most."""
PAD, LINE, GAP, TOP = 12, 18, 30, 58

# Its own ground, so that it can be read wherever it is shown; the other colors where the reader prefers them.
STYLE = """
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; } .faint { fill: #59636e; }
  .ground { fill: #ffffff; } .box { fill: #f6f8fa; stroke: #8c959f; }
  .frame { fill: none; stroke: #0969da; stroke-dasharray: 5 4; } .arrow { stroke: #0969da; fill: none; } .tip { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .faint { fill: #9198a1; }
    .ground { fill: #0d1117; } .box { fill: #151b23; stroke: #656c76; }
    .frame { stroke: #4493f8; } .arrow { stroke: #4493f8; } .tip { fill: #4493f8; }
  }
"""


@dataclass(frozen=True)
class Box:
    """One thing on the way: its title, and what is to be known of it."""

    title: str
    lines: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """Pixels its longest line takes."""
        return max(len(text) for text in (self.title, *self.lines)) * CHARACTER + 2 * PAD

    @property
    def height(self) -> float:
        """Pixels its lines take."""
        return (1 + len(self.lines)) * LINE + 2 * PAD - 4


@dataclass(frozen=True)
class Column:
    """What happens at one time, in rows one after the other; boxes of one row are side by side."""

    heading: str
    rows: tuple[tuple[Box, ...], ...]
    staged: bool = False
    """Whether it is a stage of the pipeline."""

    @property
    def width(self) -> float:
        """Pixels of the widest row, or of the heading."""
        rows = [sum(box.width for box in row) + (len(row) - 1) * PAD for row in self.rows]
        return max(*rows, len(self.heading) * CHARACTER)

    @property
    def height(self) -> float:
        """Pixels of all rows and what is between them."""
        return sum(max(box.height for box in row) for row in self.rows) + (len(self.rows) - 1) * GAP


def columns(declared: Declared) -> list[Column]:
    """The way of an image, from the push to the load balancer."""
    [pipeline] = declared[PIPELINE]
    begin = _starts(declared, pipeline)
    stages = [_stage(stage, declared) for stage in pipeline["stages"]]
    return [*begin, *stages, Column("ECS", ((*map(_traffic, declared.get(GROUP, ())),),))]


def _starts(declared: Declared, pipeline: Mapping[str, Any]) -> list[Column]:
    """Who pushes, and the rule that makes a release of it."""
    source = next(one for stage in pipeline["stages"] for one in stage["actions"] if one["provider"] == "ECR")
    repository, tag = source["configuration"]["RepositoryName"], source["configuration"]["ImageTag"]
    starting = {
        one["rule"]
        for one in declared.get(TARGET, ())
        if "sourceRevisions" in json.dumps(one.get("inputTransformer"))
    }
    rules = [rule for rule in declared.get(RULE, ()) if rule["name"] in starting]
    return [
        Column("application team", ((Box("docker push", (f"{repository}:{tag}", "and nothing else")),),)),
        Column("ECR", ((Box(repository, ("every image has", "its own digest")),),)),
        Column(
            "EventBridge",
            (tuple(Box(rule["name"], (f"on the tag {tag},", "with the digest")) for rule in rules),),
        ),
    ]


def _stage(stage: Mapping[str, Any], declared: Declared) -> Column:
    ordered = sorted(stage["actions"], key=_order)
    rows = tuple(tuple(_action(one, declared) for one in row) for _, row in groupby(ordered, key=_order))
    return Column(f"stage {stage['name']}", rows, staged=True)


def _order(action: Mapping[str, Any]) -> int:
    return int(action.get("runOrder", 1))


def _action(action: Mapping[str, Any], declared: Declared) -> Box:
    configuration = action.get("configuration", {})
    named = [configuration[key] for key in ("ProjectName", "ApplicationName") if key in configuration]
    projects = {one["name"]: one for one in declared.get(PROJECT, ())}
    inside = ["docker run in the VPC" for key in named if "vpcConfig" in projects.get(key, {})]
    return Box(action["name"], (action["provider"], *named, *inside))


def _traffic(group: Mapping[str, Any]) -> Box:
    service = group["ecsService"]
    minutes = group["blueGreenDeploymentConfig"]["terminateBlueInstancesOnDeploymentSuccess"][
        "terminationWaitTimeInMinutes"
    ]
    return Box(
        service["serviceName"],
        (f"in cluster {service['clusterName']}", "blue ══► green", f"blue stays {minutes:g} minutes"),
    )


def drawn(way: Sequence[Column], frame: str) -> str:
    """The picture as SVG; `frame` is written above the pipeline's stages."""
    height = max(column.height for column in way)
    parts: list[str] = []
    x: float = PAD
    edges: list[tuple[float, float]] = []
    for column in way:
        parts += _column(column, x, TOP + (height - column.height) / 2)
        edges.append((x, x + column.width))
        x += column.width + GAP
    middle = TOP + height / 2
    parts += [_arrow(right, middle, left, middle) for (_, right), (left, _) in pairwise(edges)]
    staged = [edge for edge, column in zip(edges, way, strict=True) if column.staged]
    left, right = staged[0][0] - PAD, staged[-1][1] + PAD
    parts.append(
        f'<rect class="frame" x="{left:g}" y="30" width="{right - left:g}" height="{height + 40:g}" rx="8"/>'
    )
    parts.append(_text(frame, (left + right) / 2, 20, "faint"))
    width, tall = x - GAP + PAD, TOP + height + 24
    words = escape(f"{frame}: " + ", then ".join(column.heading for column in way), {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {tall:g}" role="img" aria-label="{words}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="ground" width="{width:g}" height="{tall:g}" rx="8"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _column(column: Column, x: float, top: float) -> list[str]:
    center = x + column.width / 2
    parts = [_text(column.heading, center, TOP - 12, "faint")]
    y = top
    for number, row in enumerate(column.rows):
        if number:
            parts.append(_arrow(center, y - GAP, center, y))
        wider = (column.width - sum(box.width for box in row) - (len(row) - 1) * PAD) / len(row)
        left = x
        for box in row:
            parts += _box(box, left, y, box.width + wider)
            left += box.width + wider + PAD
        y += max(box.height for box in row) + GAP
    return parts


def _box(box: Box, x: float, y: float, width: float) -> list[str]:
    frame = f'<rect class="box" x="{x:g}" y="{y:g}" width="{width:g}" height="{box.height:g}" rx="6"/>'
    center = x + width / 2
    lines = [
        _text(text, center, y + PAD + 10 + LINE * (at + 1), "faint") for at, text in enumerate(box.lines)
    ]
    return [frame, _text(box.title, center, y + PAD + 10, "title"), *lines]


def _text(text: str, x: float, y: float, kind: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="middle">{escape(text)}</text>'


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line with a tip, to the right or down."""
    back = (
        f"{to_x - 7:g},{to_y - 4:g} {to_x - 7:g},{to_y + 4:g}"
        if y == to_y
        else f"{to_x - 4:g},{to_y - 7:g} {to_x + 4:g},{to_y - 7:g}"
    )
    line = f'<path class="arrow" d="M{x:g} {y:g}L{to_x:g} {to_y:g}"/>'
    return f'{line}<polygon class="tip" points="{to_x:g},{to_y:g} {back}"/>'


def picture(declared: Declared) -> str:
    """The picture of what is declared."""
    [pipeline] = declared[PIPELINE]
    return drawn(columns(declared), f"CodePipeline {pipeline['name']}, {pipeline['executionMode']}")


def main(arguments: Sequence[str]) -> int:
    """Write the picture anew."""
    parser = argparse.ArgumentParser(prog="python -m tools.picture", description="Draw docs/release.svg.")
    parser.add_argument("--stack", default="stg", help="stack whose pipeline is drawn; default: stg")
    chosen = parser.parse_args(arguments)
    with declaring(chosen.stack) as cloud:
        declared = {type_: [one.inputs for one in cloud.declared(type_)] for type_ in TYPES}
    PICTURE.write_text(picture(declared), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
