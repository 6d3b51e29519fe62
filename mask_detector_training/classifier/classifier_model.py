# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask classifier: crop, pixels as the backbone wants them, backbone, head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.classifier.backbones import (
    BACKBONES,
    CENTERD,
    SCALED,
    SHIPPED,
    features,
)
from mask_detector_training.classifier.recipe import Recipe
from mask_detector_training.data.class_mapping import VIEWS

CONTEXT = 1.6
"""Side of the crop in face sides: a mask below the chin must be in the picture."""
BELOW = 0.15
"""How far the crop's middle lies below the face's, in face sides. With 1.5 and 0 the macro F1
on val was the same, but masks on the neck were taken for none."""
HEAD = 192
INPUT_SCALE = 1 / 127.5
GRAY = (0.299, 0.587, 0.114)
"""Part of red, green and blue in the brightness."""


def build_classifier(recipe: Recipe, *, deployed: bool = False) -> Any:
    """The network as a Keras model over raw BGR crops (size, size, 3).

    Args:
        recipe: says which network.
        deployed: the form that is exported: what of scale and calibration can be is left to
            the weights (see ``deploy``), and the answer is probabilities. Otherwise, for
            training: logits.
    """
    from keras import Model, layers

    inputs = layers.Input((recipe.size, recipe.size, 3), name="crop")
    x = _pixels(inputs, recipe, deployed)
    x = features(recipe.backbone, x, recipe.size, recipe.alpha)
    if recipe.dense is None and recipe.backbone == SHIPPED:
        x = _shipped_head(x)
    else:
        # 1 x 1 convolutions are dense layers that every runtime reads.
        x = layers.GlobalAveragePooling2D(keepdims=True, name="head_mean")(x)
        for number, width in enumerate(recipe.dense or ()):
            x = layers.Conv2D(width, 1, activation="relu", name=f"head_dense_{number}")(x)
    x = layers.Dropout(recipe.dropout, name="head_dropout")(x)
    x = layers.Conv2D(len(VIEWS[recipe.classes].names), 1, name="logits")(x)
    if deployed:
        x = layers.GlobalAveragePooling2D(name="flat")(x)
        x = layers.Softmax(name="probabilities")(x)
    else:
        x = layers.Flatten(name="flat")(x)
    return Model(inputs, x, name="mask_classifier")


def scale_is_folded(recipe: Recipe) -> bool:
    """Whether the pixels are only scaled, which the first convolution can do itself."""
    return recipe.backbone == SHIPPED and recipe.input == "own"


def _pixels(crop: Any, recipe: Recipe, deployed: bool) -> Any:
    from keras import initializers, layers

    if scale_is_folded(recipe):
        return crop if deployed else layers.Rescaling(INPUT_SCALE, name="input_scale")(crop)
    kernel, offset = pixel_transform(recipe)
    # Order, scale and shift of the channels as one layer that every runtime reads.
    return layers.Conv2D(
        3, 1, trainable=False, name="input_pixels",
        kernel_initializer=initializers.Constant(kernel[np.newaxis, np.newaxis]),
        bias_initializer=initializers.Constant(offset),
    )(crop)  # fmt: skip


def pixel_transform(recipe: Recipe) -> tuple[FloatArray, FloatArray]:
    """Matrix (3, 3) and offset (3,): ``bgr @ matrix + offset`` is what the backbone sees."""
    backbone = BACKBONES[recipe.backbone]
    wanted = {"scaled": SCALED, "centerd": CENTERD}.get(recipe.input, backbone.wants)
    colors = np.eye(3)
    if recipe.input == "gray":
        colors = np.repeat(np.array(GRAY)[:, np.newaxis], 3, axis=1)
    matrix = (colors * wanted.scale)[::-1] * backbone.inner
    offset = np.array(wanted.offset) * backbone.inner
    if wanted.bgr:
        matrix, offset = matrix[:, ::-1], offset[::-1]
    return matrix, offset


def _shipped_head(x: Any) -> Any:
    from keras import layers

    x = layers.Conv2D(HEAD, 1, use_bias=False, name="head_conv")(x)
    x = layers.BatchNormalization(momentum=0.99, name="head_norm")(x)
    x = layers.ReLU(name="head_relu")(x)
    # The mean says what there is; the weighted sum over places says where: a mask on the
    # chin and one on the nose differ in little else.
    where = layers.DepthwiseConv2D(x.shape[1], use_bias=False, name="head_place")(x)
    what = layers.GlobalAveragePooling2D(keepdims=True, name="head_mean")(x)
    return layers.Concatenate(name="head_join")([what, where])


def from_description(described: Mapping[str, Any], *, deployed: bool = False) -> Any:
    """The network a run's configuration describes, with first weights.

    Raises:
        ValueError: the configuration holds impossible values.
    """
    return build_classifier(Recipe.from_description(described), deployed=deployed)


def classes_of(described: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the classes a described network answers, in their order."""
    return VIEWS[Recipe.from_description(described).classes].names


def deploy(trained: Any, described: Mapping[str, Any], calibration: Mapping[str, Any]) -> Any:
    """The exported form with the trained weights: raw BGR to calibrated probabilities.

    Args:
        trained: the training form.
        described: the run's configuration.
        calibration: ``temperature``, by which logits are divided, and ``bias`` (classes,),
            which is added after that.
    """
    recipe = Recipe.from_description(described)
    model = build_classifier(recipe, deployed=True)
    # By order, not by name: Keras numbers some layers of some networks as it goes.
    model.set_weights(trained.get_weights())
    if scale_is_folded(recipe):
        stem = model.get_layer("Conv1")
        stem.set_weights([stem.get_weights()[0] * INPUT_SCALE])
    logits = model.get_layer("logits")
    kernel, offset = logits.get_weights()
    temperature, bias = float(calibration["temperature"]), np.asarray(calibration["bias"])
    logits.set_weights([kernel / temperature, offset / temperature + bias])
    return model
