# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights of a finished run: trained ones, blended with those it started from.

Weights trained further on a small data set, averaged with the initial ones, keep more of what
those know of other people and cameras (Wortsman et al., 2022, "Robust Fine-Tuning of Zero-Shot
Models").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.training_loop import BEST, CHECKPOINT, load_weights, save_weights

NONE = "none"
"""Value of ``weights`` in a recipe whose initial weights are random."""
INITIAL = "initial.npz"
"""File of the initial weights in a run folder, if they are blended with the trained ones."""


def keep_initial(run: Path, model: Any) -> None:
    """Store the weights from which a run starts; those of an interrupted run stay.

    Args:
        run: the run folder, after ``TrainingLoop.start``: a refused run leaves nothing behind.
        model: the model before its first update.
    """
    if not (run / CHECKPOINT).is_file():
        save_weights(run / INITIAL, model.get_weights())


def blended_weights(run: Path, config: Mapping[str, Any]) -> list[FloatArray]:
    """The best weights of a run, blended with its initial ones.

    Args:
        run: the run folder.
        config: its ``config.json``: ``weights``, and ``blend``, the fraction of the trained
            weights; runs of earlier versions have neither.

    Raises:
        ValueError: a file is missing or damaged.
    """
    best, fraction = load_weights(run / BEST), float(config.get("blend", 1.0))
    if config.get("weights", NONE) == NONE or fraction == 1:
        return best
    initial = load_weights(run / INITIAL)
    return [fraction * new + (1 - fraction) * old for new, old in zip(best, initial, strict=True)]
