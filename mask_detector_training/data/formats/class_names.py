# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Statuses of the class names in public data sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.record import FACE, STATUSES

KNOWN_NAMES = {
    "no_mask": (
        "without_mask", "no_face_mask", "unmasked", "unmask", "not_masked", "no_masks",
        "face_no_mask", "face_without_mask", "without_face_mask", "unmasked_face", "bare",
        "bare_face", "non_mask", "not_wearing_mask", "no_mask_worn", "maskless",
        "not_mask", "mask_not_worn", "without_a_mask", "person_without_mask",
    ),
    "below_mouth": (
        "mask_chin", "chin_mask", "mask_on_chin", "mask_under_chin", "mask_below_mouth",
        "under_chin", "mask_at_chin", "mask_below_chin", "mask_on_the_chin",
    ),
    "nose_exposed": (
        "mask_mouth_chin", "nose_out", "mask_under_nose", "mask_below_nose", "under_nose",
        "uncovered_nose", "mask_below_the_nose", "mask_under_the_nose", "exposed_nose",
    ),
    "correct": (
        "mask", "with_mask", "masked", "masked_face", "face_mask", "face_with_mask",
        "correct_mask", "mask_correct", "correctly_masked", "correctly_masked_face",
        "correctly_worn", "proper_mask", "properly_worn", "mask_weared_correct",
        "mask_weared_correctly", "mask_worn_correct", "mask_worn_correctly", "correct_masked",
        "mask_nose_mouth_chin", "cmfd", "masks", "wearing_mask", "with_face_mask",
        "person_with_mask", "with_a_mask",
    ),
    "incorrect": (
        "incorrect_mask", "mask_incorrect", "mask_weared_incorrect", "mask_weared_incorrectly",
        "mask_worn_incorrect", "mask_worn_incorrectly", "mask_worned_incorrect",
        "mask_worned_incorrectly", "incorrectly_masked", "incorrectly_masked_face",
        "incorrectly_worn", "incorrectly_worn_mask", "improper_mask", "improperly_worn",
        "face_with_mask_incorrect", "wrong_mask", "partially_masked", "mask_nose_mouth",
        "imfd", "incorrect_masked", "mask_incorrectly_worn", "mask_worn_improperly",
        "mask_wrongly_worn",
    ),
    "ignore": ("unknown", "unclear", "difficult", "invalid_face", "invalid"),
    FACE: ("face_any_wear",),
}  # fmt: skip
"""Class names by status, those of FMLD and MaskedFace-Net among them. Ambiguous names such as
``face`` or ``bad`` are left to the user."""


class ClassNames:
    """Maps class names to ``STATUSES``; case, blanks, hyphens and underscores are ignored."""

    def __init__(self, extra: Mapping[str, str] | None = None) -> None:
        """Use the known names and ``extra`` ones, which have priority.

        Raises:
            ValueError: an extra name has a status that does not exist.
        """
        # Public data sets name faces without a mask, or all faces, "face".
        self._statuses = {_normalize(name): name for name in STATUSES if name != FACE}
        for status, names in KNOWN_NAMES.items():
            self._statuses.update(dict.fromkeys(map(_normalize, names), status))
        for name, status in (extra or {}).items():
            if status not in STATUSES:
                raise ValueError(
                    f"--names {name}={status}: {status!r} is not one of {', '.join(STATUSES)}"
                )
            self._statuses[_normalize(name)] = status

    def knows(self, name: str) -> bool:
        """Whether a class name has a status."""
        return _normalize(name) in self._statuses

    def status(self, name: str, file: Path) -> str:
        """The status of a class name found in ``file``.

        Raises:
            LabelError: the name is not known; the message names the file.
        """
        try:
            return self._statuses[_normalize(name)]
        except KeyError:
            if not name.strip():
                raise LabelError(
                    "face without a class name", f"{file}: a face has no class name; add it"
                ) from None
            raise LabelError(
                f"class {name!r} is not known",
                f"{file}: class {name!r} is not known; give its status with "
                f"mask_detector data convert --names '{name}=STATUS', where STATUS is one of "
                f"{', '.join(STATUSES)}",
            ) from None


def written_name(status: str) -> str:
    """The class name of a status in other formats, which is read as that status again."""
    return KNOWN_NAMES[FACE][0] if status == FACE else status


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
    return re.sub(r"[\s\-_.]+", "", name.lower())
