# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask classifier network: input scaling, backbone, head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.classifier.backbones import (
    BACKBONES,
    CENTERED,
    SCALED,
    SHIPPED,
    build_features,
)
from mask_detector_training.classifier.classifier_recipe import DEFAULT, ClassifierRecipe

CONTEXT = 1.6
"""Side of the crop in face sides: it must show a mask below the chin."""
BELOW = 0.15
"""How far the crop's center lies below the face's, in face sides. With CONTEXT 1.5 and BELOW 0
the macro F1 on val was the same, but masks on the neck were classified as no_mask."""
HEAD_CHANNELS = 192
INPUT_SCALE = 1 / 127.5
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the gray value (ITU-R BT.601)."""


def build_classifier(recipe: ClassifierRecipe, *, deployed: bool = False) -> Any:
    """The network as a Keras model of BGR crops (B, size, size, 3) with values of 0 to 255.

    Args:
        recipe: which network to build.
        deployed: build the network for export, which returns probabilities; input scale and
            calibration are folded into its weights where possible (see ``deploy``). Otherwise
            build it for training; it returns logits.
    """
    from keras import Model, layers

    inputs = layers.Input((recipe.size, recipe.size, 3), name="crop")
    x = _scale_pixels(inputs, recipe, deployed)
    x = build_features(recipe.backbone, x, recipe.size, recipe.alpha)
    if recipe.dense is None and recipe.backbone == SHIPPED:
        x = _shipped_head(x)
    else:
        # Dense layers as 1 x 1 convolutions, which every runtime reads.
        x = layers.GlobalAveragePooling2D(keepdims=True, name="head_mean")(x)
        for number, width in enumerate(recipe.dense or ()):
            x = layers.Conv2D(width, 1, activation="relu", name=f"head_dense_{number}")(x)
    x = layers.Dropout(recipe.dropout, name="head_dropout")(x)
    x = layers.Conv2D(len(recipe.outputs), 1, name="logits")(x)
    if deployed:
        x = layers.GlobalAveragePooling2D(name="flat")(x)
        x = layers.Softmax(name="probabilities")(x)
    else:
        x = layers.Flatten(name="flat")(x)
    return Model(inputs, x, name="mask_classifier")


def folds_input_scale(recipe: ClassifierRecipe) -> bool:
    """Whether the input scaling, here only a factor, is folded into the first convolution."""
    return recipe.backbone == SHIPPED and recipe.input == DEFAULT


def _scale_pixels(crop: Any, recipe: ClassifierRecipe, deployed: bool) -> Any:
    from keras import initializers, layers

    if folds_input_scale(recipe):
        return crop if deployed else layers.Rescaling(INPUT_SCALE, name="input_scale")(crop)
    kernel, offset = pixel_transform(recipe)
    # Channel order, scale and offset in one layer that every runtime reads.
    return layers.Conv2D(
        3, 1, trainable=False, name="input_pixels",
        kernel_initializer=initializers.Constant(kernel[np.newaxis, np.newaxis]),
        bias_initializer=initializers.Constant(offset),
    )(crop)  # fmt: skip


def pixel_transform(recipe: ClassifierRecipe) -> tuple[FloatArray, FloatArray]:
    """Matrix (3, 3) and offset (3,): the backbone gets ``bgr @ matrix + offset``."""
    backbone = BACKBONES[recipe.backbone]
    pixels = {"scaled": SCALED, "centered": CENTERED}.get(recipe.input, backbone.pixels)
    colors = np.eye(3)
    if recipe.input == "gray":
        colors = np.repeat(np.array(LUMA)[:, np.newaxis], 3, axis=1)
    matrix = (colors * pixels.scale)[::-1] * backbone.inner_divisor
    offset = np.array(pixels.offset) * backbone.inner_divisor
    if pixels.bgr:
        matrix, offset = matrix[:, ::-1], offset[::-1]
    return matrix, offset


def _shipped_head(x: Any) -> Any:
    from keras import layers

    x = layers.Conv2D(HEAD_CHANNELS, 1, use_bias=False, name="head_conv")(x)
    x = layers.BatchNormalization(momentum=0.99, name="head_norm")(x)
    x = layers.ReLU(name="head_relu")(x)
    # The mean loses the position of a feature; the weighted sum over positions keeps it. A mask
    # on the chin and one over the nose differ in little else.
    position = layers.DepthwiseConv2D(x.shape[1], use_bias=False, name="head_place")(x)
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="head_mean")(x)
    return layers.Concatenate(name="head_join")([mean, position])


def from_config(config: Mapping[str, Any], *, deployed: bool = False) -> Any:
    """The network of a run, from its ``config.json``, with initial weights.

    Raises:
        ValueError: the configuration holds impossible values.
    """
    return build_classifier(ClassifierRecipe.from_config(config), deployed=deployed)


def output_classes(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the classes that the network of a run predicts, in output order.

    The last one may be ``covered``.
    """
    return ClassifierRecipe.from_config(config).outputs


def deploy(trained: Any, config: Mapping[str, Any], calibration: Mapping[str, Any]) -> Any:
    """The network for export with the trained weights: BGR crops to calibrated probabilities.

    Args:
        trained: the network for training.
        config: the run's ``config.json``.
        calibration: ``temperature``, which divides the logits, and ``bias`` (outputs,), which is
            added afterwards.
    """
    recipe = ClassifierRecipe.from_config(config)
    model = build_classifier(recipe, deployed=True)
    # By order, not by name: Keras numbers some layers with a global counter.
    model.set_weights(trained.get_weights())
    if folds_input_scale(recipe):
        stem = model.get_layer("Conv1")
        stem.set_weights([stem.get_weights()[0] * INPUT_SCALE])
    logits = model.get_layer("logits")
    kernel, offset = logits.get_weights()
    temperature, bias = float(calibration["temperature"]), np.asarray(calibration["bias"])
    logits.set_weights([kernel / temperature, offset / temperature + bias])
    return model
