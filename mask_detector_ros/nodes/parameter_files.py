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

DETECTOR_PARAMETERS = parameters_of(MaskDetectorSettings)
PATROL_PARAMETERS = parameters_of(PatrolNodeSettings)
ANNOUNCER_PARAMETERS = parameters_of(AnnouncerSettings)
PLAYER_PARAMETERS = parameters_of(ImagePlayerSettings)
RECORDER_PARAMETERS = parameters_of(RecorderSettings)
WORLD_PARAMETERS = parameters_of(PatrolWorldSettings)
FILM_PARAMETERS = parameters_of(FilmSettings)

GENERATED = "Generated from the settings in the source; after a change run: make parameters"


def as_yaml(parameters: Iterable[Parameter]) -> str:
    """A parameters file with every default, and the description above each."""
    lines = [f"# {GENERATED}"]
    # For any node name and namespace.
    lines += ["/**:", "  ros__parameters:"]
    for parameter in parameters:
        allowed = f" [{parameter.allowed}]" if parameter.allowed else ""
        live = "" if parameter.live else " Read at startup."
        value = yaml.safe_dump(parameter.default).splitlines()[0]
        lines.append(f"    # {parameter.description}{allowed}{live}")
        lines.append(f"    {parameter.name}: {value}")
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """The page with the parameters of all nodes."""
    lines = [
        "# Parameters",
        "",
        f"<!-- {GENERATED} -->",
        "",
        "A *live* parameter can be set while the node runs and takes effect with the next frame,",
        "decision or announcement; the others are read-only. A request with a value of the wrong",
        "type or out of range is refused as a whole, with a reason.",
    ]
    for node, parameters in (
        ("mask_detector", DETECTOR_PARAMETERS),
        ("patrol", PATROL_PARAMETERS),
        ("announcer", ANNOUNCER_PARAMETERS),
        ("image_player", PLAYER_PARAMETERS),
        ("recorder", RECORDER_PARAMETERS),
        ("patrol_world", WORLD_PARAMETERS),
        ("film", FILM_PARAMETERS),
    ):
        lines += [
            "",
            f"## `{node}`",
            "",
            "| name | type | default | allowed | live | description |",
        ]
        lines += ["|---|---|---|---|---|---|"]
        for p in parameters:
            default = yaml.safe_dump(p.default).splitlines()[0]
            live = "yes" if p.live else ""
            lines.append(
                f"| `{p.name}` | {p.type.__name__} | `{default}` | {p.allowed} | {live} | "
                f"{p.description} |"
            )
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
