# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The mask classifier: the first part of MobileNetV2 and a small head."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS
from mask_detector_ros.training.detector_model import copy_weights

LOG = logging.getLogger(__name__)
SIZE = 80
CONTEXT = 1.5
"""Side of the crop in face sides: a mask below the chin must be in the picture."""
LAST_BLOCK = "block_12_add"
HEAD = 192
INPUT_SCALE = 1 / 127.5


def build_classifier(
    size: int = SIZE, *, alpha: float = 1.0, deployed: bool = False, dropout: float = 0.3
) -> Any:
    """The network as a Keras model over raw BGR crops (size, size, 3).

    Args:
        alpha: width of MobileNetV2; 1.0 fits the pretrained weights.
        deployed: the form that is exported: input scale and calibration are left to the
            weights (see ``fold``), and the answer is four probabilities. Otherwise, for
            training: four logits.
        dropout: part of the features left out at random in training.
    """
    from keras import Model, applications, layers

    inputs = layers.Input((size, size, 3), name="crop")
    x = inputs if deployed else layers.Rescaling(INPUT_SCALE)(inputs)
    backbone = applications.MobileNetV2(
        input_tensor=x, input_shape=(size, size, 3), alpha=alpha, include_top=False, weights=None
    )
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            # The original 0.999 suits a million steps, not a few thousand.
            layer.momentum = 0.99
    x = backbone.get_layer(LAST_BLOCK).output
    x = layers.Conv2D(HEAD, 1, use_bias=False, name="head_conv")(x)
    x = layers.BatchNormalization(momentum=0.99, name="head_norm")(x)
    x = layers.ReLU(name="head_relu")(x)
    # The mean says what there is; the weighted sum over places says where: a mask on the
    # chin and one on the nose differ in little else.
    cells = x.shape[1]
    where = layers.DepthwiseConv2D(cells, use_bias=False, name="head_place")(x)
    what = layers.GlobalAveragePooling2D(keepdims=True, name="head_mean")(x)
    x = layers.Concatenate(name="head_join")([what, where])
    x = layers.Dropout(dropout, name="head_dropout")(x)
    x = layers.Conv2D(len(CLASS_LABELS), 1, name="logits")(x)
    if deployed:
        x = layers.GlobalAveragePooling2D(name="flat")(x)
        x = layers.Softmax(name="probabilities")(x)
    else:
        x = layers.Flatten(name="flat")(x)
    return Model(inputs, x, name="mask_classifier")


def load_pretrained(model: Any, weights: Path) -> None:
    """Start the backbone from ImageNet weights for RGB in [-1, 1].

    The file holds ``<layer name>/<index of get_weights()>``. The model sees BGR scaled by
    ``INPUT_SCALE`` only: the first kernel is turned around, and the missing shift by -1
    goes into the mean that follows it.

    Raises:
        ValueError: the file is missing or has other shapes.
    """
    if not weights.is_file():
        raise ValueError(f"pretrained weights {weights} do not exist; check --weights")
    with np.load(weights) as stored:
        names = {key.rsplit("/", 1)[0] for key in stored.files}
        for layer in model.layers:
            if layer.name not in names or not layer.weights:
                continue
            count = len(layer.get_weights())
            values = [stored[f"{layer.name}/{i}"].astype(np.float32) for i in range(count)]
            expected = [w.shape for w in layer.get_weights()]
            if [v.shape for v in values] != expected:
                raise ValueError(
                    f"{weights}: {layer.name} has shapes {[v.shape for v in values]}, "
                    f"expected {expected}; give weights of MobileNetV2 1.0"
                )
            layer.set_weights(values)
    stem, norm = model.get_layer("Conv1"), model.get_layer("bn_Conv1")
    kernel = stem.get_weights()[0][:, :, ::-1]
    stem.set_weights([np.ascontiguousarray(kernel)])
    scale, shift, mean, variance = norm.get_weights()
    norm.set_weights([scale, shift, mean + kernel.sum((0, 1, 2)), variance])


def fold(trained: Any, deployed: Any, temperature: float, bias: Any = 0.0) -> None:
    """Give a deployed network the trained weights, scale and calibration folded in.

    Args:
        trained: the training form.
        deployed: the exported form.
        temperature: logits are divided by it.
        bias: (4,) added to the logits after that.
    """
    copy_weights(trained, deployed)
    stem = deployed.get_layer("Conv1")
    stem.set_weights([stem.get_weights()[0] * INPUT_SCALE])
    logits = deployed.get_layer("logits")
    kernel, offset = logits.get_weights()
    logits.set_weights([kernel / temperature, offset / temperature + np.asarray(bias)])
