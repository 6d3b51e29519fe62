# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Generates the parameter files in ``config/`` and ``docs/parameters.md`` from the settings.

Run ``python -m mask_detector_ros.nodes.parameter_files`` after a change of the settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from mask_detector_ros.nodes.announcer.announcer_settings import AnnouncerSettings
from mask_detector_ros.nodes.common.parameter_table import Parameter, parameters_of
from mask_detector_ros.nodes.demo.demo_settings import FilmSettings, PatrolWorldSettings
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.nodes.patrol.patrol_node_settings import PatrolNodeSettings
from mask_detector_ros.nodes.tools.tool_settings import ImagePlayerSettings, RecorderSettings
from mask_detector_ros.settings import ACTIVATE, CONFIGURE, STARTUP
from mask_detector_ros.settings_rules import rules_of

SETTINGS = {
    "mask_detector": MaskDetectorSettings,
    "patrol": PatrolNodeSettings,
    "announcer": AnnouncerSettings,
    "image_player": ImagePlayerSettings,
    "recorder": RecorderSettings,
    "patrol_world": PatrolWorldSettings,
    "film": FilmSettings,
}
"""Node -> its settings dataclass."""

DETECTOR_PARAMETERS = parameters_of(MaskDetectorSettings)
PATROL_PARAMETERS = parameters_of(PatrolNodeSettings)
ANNOUNCER_PARAMETERS = parameters_of(AnnouncerSettings)

READ_AT = {STARTUP: "startup", CONFIGURE: "configuration", ACTIVATE: "activation"}
SETTABLE = {"": "live", ACTIVATE: "inactive", CONFIGURE: "unconfigured", STARTUP: "startup"}

GENERATED = "Generated from the settings in the source; after a change run: make parameters"


INTRODUCTION = """\
When a parameter can be set: *live*, while the node runs; it takes effect with the next
frame, decision or announcement. *inactive* and *unconfigured*: in these states of the
lifecycle or before, since it is read at the next transition. *startup*: only in a
parameters file or on the command line.

A request with a value of the wrong type or out of range, or with values that contradict
each other or other parameters, is refused as a whole, with a reason. Parameters that
depend on each other can be set in one atomic request, or in an order that keeps the
rules below the table.

Decimals are written with a point: `1.0`, not `1`.

Under `ros2 launch` every parameter is an argument of the same name, such as
`annotate.blur:=face`; those of the announcer begin with `announcer.`. A misspelled argument
is refused with the nearest name.

The key of a parameters file is the full name of the node. `/**:` applies in every namespace;
`ros2 param dump` writes the name that the node had. A node warns of a file of which nothing
applies to it, and of unknown parameters.

QoS overrides, `qos_overrides.<topic>.<publisher or subscription>.<policy>`, can be given at
startup for reliability, history and depth. The topic is the full name after remapping. A
node warns of overrides that have no effect.
"""


def as_yaml(parameters: Iterable[Parameter]) -> str:
    """A parameters file with every default, and the description above each."""
    lines = [f"# {GENERATED}"]
    # For any node name and namespace.
    lines += ["/**:", "  ros__parameters:"]
    for parameter in parameters:
        allowed = f" [{parameter.allowed}]" if parameter.allowed else ""
        live = "" if parameter.live else f" Read at {READ_AT[parameter.read_at]}."
        value = yaml.safe_dump(parameter.default).splitlines()[0]
        lines.append(f"    # {parameter.description}{allowed}{live}")
        lines.append(f"    {parameter.name}: {value}")
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """The page with the parameters of all nodes."""
    lines = ["# Parameters", "", f"<!-- {GENERATED} -->", "", *INTRODUCTION.splitlines()]
    for node, settings in SETTINGS.items():
        lines += [
            "",
            f"## `{node}`",
            "",
            "| name | type | default | allowed | set | description |",
        ]
        lines += ["|---|---|---|---|---|---|"]
        for p in parameters_of(settings):
            default = yaml.safe_dump(p.default).splitlines()[0]
            lines.append(
                f"| `{p.name}` | {p.type.__name__} | `{default}` | {p.allowed} | "
                f"{SETTABLE[p.read_at]} | {p.description} |"
            )
        rules = [r.text.format(*(f"`{name}`" for name in r.names)) for r in rules_of(settings())]
        if rules:
            lines += ["", "Rules across these parameters:", "", *(f"- {rule}" for rule in rules)]
    return "\n".join(lines) + "\n"


GENERATED_FILES = {
    "config/mask_detector.yaml": lambda: as_yaml(DETECTOR_PARAMETERS),
    "config/patrol.yaml": lambda: as_yaml(PATROL_PARAMETERS),
    "config/announcer.yaml": lambda: as_yaml(ANNOUNCER_PARAMETERS),
    "docs/parameters.md": as_markdown,
}
"""Path in the source tree -> function that generates the content."""


def main() -> None:
    """Write the generated files into the source tree of this module."""
    root = Path(__file__).resolve().parents[2]
    for relative, content in GENERATED_FILES.items():
        (root / relative).write_text(content(), encoding="utf-8")
        print(f"wrote {relative}")


if __name__ == "__main__":
    main()
