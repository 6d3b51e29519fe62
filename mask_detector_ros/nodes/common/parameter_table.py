# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One parameter of a node as a row: what descriptors, validation, YAML and docs are made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mask_detector_ros.settings import check, describe_range, flatten


@dataclass(frozen=True)
class Parameter:
    """One parameter of a node. ``live`` ones may change while the node runs."""

    name: str
    type: type
    default: Any
    description: str
    low: float | None
    high: float | None
    above: float | None
    below: float | None
    choices: tuple[str, ...]
    live: bool

    @property
    def allowed(self) -> str:
        """The allowed values in words; empty if any will do."""
        if self.choices:
            return ", ".join(self.choices)
        return describe_range(asdict(self))

    def check(self, value: Any) -> Any:
        """Validate a value; see ``settings.check``."""
        return check(self.name, value, self.default, asdict(self))


def parameters_of(settings: type) -> tuple[Parameter, ...]:
    """The table of a tree of settings dataclasses."""
    return tuple(
        Parameter(name=name, type=type(default), default=default, **metadata)
        for name, (default, metadata) in flatten(settings()).items()
    )
