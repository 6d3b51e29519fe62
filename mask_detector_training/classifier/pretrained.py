# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pretrained weights of a backbone: downloaded by Keras, or from a file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.array_files import read_npz
from mask_detector_training.classifier.backbones import backbone_layers, build_application
from mask_detector_training.classifier.classifier_model import folds_input_scale
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.weight_blending import NONE, load_run, starts_from_run

IMAGENET = "imagenet"
KERAS_FILES = (".h5", ".keras")


def load_pretrained(model: Any, recipe: ClassifierRecipe, data: Path | None = None) -> None:
    """Load the weights that a recipe names into a classifier.

    A run folder gives the weights of the whole network, everything else those of the backbone.

    Args:
        model: the classifier for training (``deployed=False``).
        recipe: the recipe it was built from.
        data: folder to which the name of a file may be relative.

    Raises:
        ValueError: the weights cannot be read, or belong to another network.
    """
    if recipe.weights == NONE:
        return
    if starts_from_run(recipe.weights):
        load_run(model, Path(recipe.weights))
        return
    layers = [layer for layer in backbone_layers(model) if has_weights(layer)]
    if recipe.weights == IMAGENET:
        values = backbone_weights(_download(recipe))
    else:
        path = _find(recipe.weights, data)
        values = _read_npz(path, layers) if path.suffix == ".npz" else _read_keras(path, recipe)
    expected = backbone_weights(model)
    # The shipped backbone consists of the first layers of MobileNetV2.
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
    for layer, weights in zip(layers, values, strict=False):
        layer.set_weights(weights)
    if folds_input_scale(recipe):
        _convert_to_bgr(model)


def _convert_to_bgr(model: Any) -> None:
    """Convert the first convolution from RGB in [-1, 1] to BGR in [0, 2].

    Reverses the kernel's channels and moves the offset of 1 into the mean of the batch
    normalization that follows.
    """
    stem, norm = model.get_layer("Conv1"), model.get_layer("bn_Conv1")
    kernel = np.ascontiguousarray(stem.get_weights()[0][:, :, ::-1])
    stem.set_weights([kernel])
    scale, shift, mean, variance = norm.get_weights()
    norm.set_weights([scale, shift, mean + kernel.sum((0, 1, 2)), variance])


def has_weights(layer: Any) -> bool:
    """Whether pretrained weights contain this layer.

    Not EfficientNet's normalization of pixels: it stays an identity, as the classifier scales
    the pixels for every backbone itself.
    """
    return bool(layer.weights) and type(layer).__name__ != "Normalization"


def backbone_weights(model: Any) -> list[list[FloatArray]]:
    """Weights of a model's backbone, one list per layer."""
    return [layer.get_weights() for layer in backbone_layers(model) if has_weights(layer)]


def _find(name: str, data: Path | None) -> Path:
    for path in (Path(name), *([data / name] if data is not None else [])):
        if path.is_file():
            if path.suffix not in (".npz", *KERAS_FILES):
                raise ValueError(f"{path} is not a .npz, .h5 or .keras file; check --weights")
            return path
    raise ValueError(
        f"pretrained weights {name} do not exist; check --weights (imagenet, a file or none)"
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


def _read_keras(path: Path, recipe: ClassifierRecipe) -> list[list[FloatArray]]:
    from keras import models

    try:
        if path.suffix == ".keras":
            model = models.load_model(path, compile=False)
        else:
            model = build_application(recipe.backbone, recipe.size, recipe.alpha, weights=None)
            with warnings.catch_warnings():
                # Keras warns about lists of layers that it never writes.
                warnings.filterwarnings("ignore", "Skipping nested container")
                model.load_weights(path)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not fit {recipe.backbone} {recipe.alpha} without its classification "
            f"layers: {error}"
        ) from error
    return backbone_weights(model)


def _download(recipe: ClassifierRecipe) -> Any:
    try:
        return build_application(recipe.backbone, recipe.size, recipe.alpha, weights=IMAGENET)
    # Keras raises a plain Exception when the download fails.
    except Exception as error:
        raise ValueError(
            f"the ImageNet weights of {recipe.backbone} cannot be downloaded ({error}); "
            "give a file with --weights FILE, or start from random weights with --weights none"
        ) from error
