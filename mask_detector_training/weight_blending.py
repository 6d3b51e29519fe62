# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights a run is scored with and exported: trained ones, blended with earlier ones.

Weights trained further on a small data set, averaged with the initial ones, keep more of what
those know of other people and cameras (Wortsman et al., 2022, "Robust Fine-Tuning of Zero-Shot
Models").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.array_files import read_json
from mask_detector_training.training_loop import (
    BEST,
    CHECKPOINT,
    CONFIG,
    load_weights,
    save_weights,
)

NONE = "none"
"""Value of ``weights`` in a recipe whose initial weights are random."""
INITIAL = "initial"
"""Value of ``blend_with``: trained weights are blended with those the run started from."""
EARLIER = "earlier.npz"
"""File in a run folder of the weights that are blended with the trained ones."""


def keep_earlier(run: Path, weights: list[FloatArray]) -> None:
    """Store the weights that are blended with the trained ones; an interrupted run's stay.

    Args:
        run: the run folder, after ``TrainingLoop.start``: a refused run leaves nothing behind.
        weights: in the order of ``get_weights``.
    """
    if not (run / CHECKPOINT).is_file():
        save_weights(run / EARLIER, weights)


def starts_from_run(weights: str) -> bool:
    """Whether ``weights`` of a recipe are those of a whole network, from an earlier run."""
    return (Path(weights) / BEST).is_file()


def load_run(model: Any, run: Path) -> None:
    """Set the weights of a network for training to those an earlier run exports.

    Raises:
        ValueError: the run holds another network.
    """
    weights = blended_weights(run, read_json(run / CONFIG))
    found, expected = ([w.shape for w in part] for part in (weights, model.get_weights()))
    if found != expected:
        raise ValueError(
            f"{run} holds another network or other classes; repeat the options of its training"
        )
    model.set_weights(weights)


def blend(run: Path, config: Mapping[str, Any], trained: list[FloatArray]) -> list[FloatArray]:
    """Trained weights of a run, blended with its initial ones, or those ``blend_with`` names.

    Args:
        run: the run folder.
        config: its ``config.json``: ``weights``, ``blend_with``, and ``blend``, the fraction of
            the trained weights; runs of earlier versions have none of them.
        trained: the weights after some updates.

    Raises:
        ValueError: the file of the earlier weights is missing or damaged.
    """
    fraction = float(config.get("blend", 1.0))
    source = config.get("blend_with", INITIAL)
    if source == INITIAL:
        source = config.get("weights", NONE)
    if source == NONE or fraction == 1:
        return trained
    pairs = zip(trained, load_weights(run / EARLIER), strict=True)
    return [fraction * new + (1 - fraction) * old for new, old in pairs]


def blended_weights(run: Path, config: Mapping[str, Any]) -> list[FloatArray]:
    """The best weights of a run, blended with earlier ones; see ``blend``."""
    return blend(run, config, load_weights(run / BEST))
