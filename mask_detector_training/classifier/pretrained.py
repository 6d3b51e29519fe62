# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights a backbone starts from: Keras' own download, or a file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.array_files import read_npz
from mask_detector_training.classifier.backbones import application, backbone_layers
from mask_detector_training.classifier.classifier_model import scale_is_folded
from mask_detector_training.classifier.recipe import Recipe

NONE, IMAGENET = "none", "imagenet"
KERAS_FILES = (".h5", ".keras")


def load_pretrained(model: Any, recipe: Recipe, data: Path | None = None) -> None:
    """Give a classifier's backbone the weights its recipe names.

    Args:
        model: the training form.
        recipe: of this model.
        data: folder that a file may be named relative to.

    Raises:
        ValueError: the weights cannot be had, or are those of another network.
    """
    if recipe.weights == NONE:
        return
    layers = [layer for layer in backbone_layers(model) if has_weights(layer)]
    if recipe.weights == IMAGENET:
        values = of_layers(_download(recipe))
    else:
        path = _find(recipe.weights, data)
        values = _read_npz(path, layers) if path.suffix == ".npz" else _read_keras(path, recipe)
    expected = of_layers(model)
    # The shipped network ends early: its layers are the first ones.
    found = [[v.shape for v in layer] for layer in values[: len(expected)]]
    for layer, have, want in zip(layers, found, expected, strict=False):
        if have != [w.shape for w in want]:
            raise ValueError(
                f"{recipe.weights}: {layer.name} has shapes {have}, expected "
                f"{[w.shape for w in want]}; give weights of {recipe.backbone} {recipe.alpha}"
            )
    if len(found) < len(expected):
        raise ValueError(
            f"{recipe.weights} has weights for {len(found)} layers of {len(expected)}; give "
            f"weights of {recipe.backbone} {recipe.alpha}"
        )
    for layer, given in zip(layers, values, strict=False):
        layer.set_weights(given)
    if scale_is_folded(recipe):
        _expect_bgr(model)


def _expect_bgr(model: Any) -> None:
    """Make a first convolution for RGB in [-1, 1] one for BGR in [0, 2].

    The kernel is turned around, and the missing shift goes into the mean that follows it.
    """
    stem, norm = model.get_layer("Conv1"), model.get_layer("bn_Conv1")
    kernel = np.ascontiguousarray(stem.get_weights()[0][:, :, ::-1])
    stem.set_weights([kernel])
    scale, shift, mean, variance = norm.get_weights()
    norm.set_weights([scale, shift, mean + kernel.sum((0, 1, 2)), variance])


def has_weights(layer: Any) -> bool:
    """Whether pretrained weights are for this layer.

    EfficientNet's normalization of pixels is left as it is made, doing nothing: the input
    does that for every backbone in the same way.
    """
    return bool(layer.weights) and type(layer).__name__ != "Normalization"


def of_layers(model: Any) -> list[list[FloatArray]]:
    """Weights of a model's backbone, layer by layer."""
    return [layer.get_weights() for layer in backbone_layers(model) if has_weights(layer)]


def _find(named: str, data: Path | None) -> Path:
    for path in (Path(named), *([data / named] if data is not None else [])):
        if path.is_file():
            if path.suffix not in (".npz", *KERAS_FILES):
                raise ValueError(f"{path} is none of .npz, .h5 and .keras; check --weights")
            return path
    raise ValueError(
        f"pretrained weights {named} do not exist; check --weights (imagenet, a file or none)"
    )


def _read_npz(path: Path, layers: list[Any]) -> list[list[FloatArray]]:
    stored = read_npz(path)
    return [
        [
            stored[key].astype(np.float32)
            for key in (f"{layer.name}/{i}" for i in range(len(layer.weights)))
            if key in stored
        ]
        for layer in layers
    ]


def _read_keras(path: Path, recipe: Recipe) -> list[list[FloatArray]]:
    from keras import models

    try:
        if path.suffix == ".keras":
            model = models.load_model(path, compile=False)
        else:
            model = application(recipe.backbone, recipe.size, recipe.alpha, weights=None)
            with warnings.catch_warnings():
                # Keras looks for lists of layers in the file that it never writes.
                warnings.filterwarnings("ignore", "Skipping nested container")
                model.load_weights(path)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not fit {recipe.backbone} {recipe.alpha} without its top: {error}"
        ) from error
    return of_layers(model)


def _download(recipe: Recipe) -> Any:
    try:
        return application(recipe.backbone, recipe.size, recipe.alpha, weights=IMAGENET)
    # Keras wraps what urllib says into an Exception of no kind.
    except Exception as error:
        raise ValueError(
            f"the ImageNet weights of {recipe.backbone} cannot be had ({error}); give "
            "a file with --weights FILE, or start from random ones with --weights none"
        ) from error
