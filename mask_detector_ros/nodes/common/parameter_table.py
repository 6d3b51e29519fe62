# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a node as rows, the source of descriptors, validation, YAML files and docs.

Without rclpy: the parameter files are generated where no ROS 2 is installed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mask_detector_ros.settings import STARTUP, check, describe_range, flatten


@dataclass(frozen=True)
class Parameter:
    """One parameter of a node, from the metadata of its setting (see ``settings.setting``)."""

    name: str
    type: type
    default: Any
    description: str
    low: float | None
    high: float | None
    above: float | None
    below: float | None
    choices: tuple[Any, ...]
    live: bool
    read_at: str

    @property
    def read_only(self) -> bool:
        """Whether it can only be set at startup."""
        return self.read_at == STARTUP

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty if all are allowed."""
        if self.choices:
            return ", ".join(map(str, self.choices))
        return describe_range(asdict(self))

    def check(self, value: Any) -> Any:
        """Validate a value; see ``settings.check``."""
        return check(self.name, value, self.default, asdict(self))


def parameters_of(settings: type) -> tuple[Parameter, ...]:
    """The parameters of a settings dataclass, nested ones included, with dotted names."""
    return tuple(
        Parameter(name=name, type=type(default), default=default, **metadata)
        for name, (default, metadata) in flatten(settings()).items()
    )
