# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Statuses of the class names in public data sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mask_detector_training.data.formats.record import STATUSES

KNOWN_NAMES = {
    "no_mask": (
        "without_mask", "nomask", "withoutmask", "no_face_mask", "no_facemask", "unmasked",
        "not_masked", "face_no_mask", "face_without_mask", "bare", "bare_face", "non_mask",
    ),
    "below_mouth": (
        "mask_chin", "chin_mask", "mask_on_chin", "mask_under_chin", "mask_below_mouth",
        "under_chin",
    ),
    "nose_exposed": (
        "mask_mouth_chin", "nose_out", "mask_under_nose", "mask_below_nose", "under_nose",
        "uncovered_nose",
    ),
    "correct": (
        "mask", "with_mask", "withmask", "masked", "face_mask", "facemask", "face_with_mask",
        "correct_mask", "mask_correct", "correctly_masked", "correctly_worn", "proper_mask",
        "mask_weared_correct", "mask_worn_correctly", "mask_nose_mouth_chin", "cmfd",
    ),
    "incorrect": (
        "incorrect_mask", "mask_incorrect", "mask_weared_incorrect", "mask_worn_incorrect",
        "mask_worn_incorrectly", "incorrectly_masked", "incorrectly_worn", "improper_mask",
        "face_with_mask_incorrect", "wrong_mask", "partially_masked", "mask_nose_mouth", "imfd",
    ),
    "ignore": ("unknown", "unclear", "difficult"),
}  # fmt: skip
"""Normalized class names by status. Ambiguous names such as ``face`` or ``bad`` are left to the
user."""


class ClassNames:
    """Maps class names to ``STATUSES``; ignores case and treats blanks and hyphens like ``_``."""

    def __init__(self, extra: Mapping[str, str] | None = None) -> None:
        """Use the known names and ``extra`` ones, which have priority.

        Raises:
            ValueError: an extra name has a status that does not exist.
        """
        self._statuses = {name: name for name in STATUSES}
        for status, names in KNOWN_NAMES.items():
            self._statuses.update(dict.fromkeys(names, status))
        for name, status in (extra or {}).items():
            if status not in STATUSES:
                raise ValueError(
                    f"--names {name}={status}: {status!r} is not one of {', '.join(STATUSES)}"
                )
            self._statuses[_normalize(name)] = status

    def status(self, name: str, file: Path) -> str:
        """The status of a class name found in ``file``.

        Raises:
            ValueError: the name is not known; the message names the file.
        """
        try:
            return self._statuses[_normalize(name)]
        except KeyError:
            raise ValueError(
                f"{file}: class {name!r} is not known; give its status with "
                f"mask_detector data convert --names '{name}=STATUS', where STATUS is one of "
                f"{', '.join(STATUSES)}"
            ) from None


def parse_names(option: str) -> dict[str, str]:
    """Read ``with_mask=correct,foo=ignore``; returns the status by name.

    Raises:
        ValueError: a part is not ``name=status``.
    """
    table = {}
    for part in filter(None, option.split(",")):
        name, equals, status = part.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"--names {part!r}: expected name=status, separated by commas")
        table[name] = status.strip()
    return table


def _normalize(name: str) -> str:
    return re.sub(r"[\s\-_]+", "_", name.strip().lower())
