# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Backbone networks of the classifier and the pixel values each of them expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SHIPPED = "shipped"
LAST_BLOCK = "block_12_add"
"""Where the shipped backbone ends in MobileNetV2. The blocks after it reduce a crop of 80 pixels
to 3 x 3 cells."""
MOMENTUM = 0.99
"""Of batch normalization. Keras' 0.999 adapts too slowly for a few thousand updates."""
PLAIN_CHANNELS = (32, 64, 128)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class PixelScaling:
    """Pixel values that a network expects: ``scale * value + offset`` per channel.

    Attributes:
        scale, offset: for values of 0 to 255 in the order red, green, blue.
        bgr: the network takes the channels in the order blue, green, red.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    bgr: bool = False


CENTERED = PixelScaling((1 / 127.5,) * 3, (-1.0,) * 3)
SCALED = PixelScaling((1 / 255,) * 3, (0.0,) * 3)
CAFFE = PixelScaling((1.0,) * 3, (-123.68, -116.779, -103.939), bgr=True)
TORCH = PixelScaling(
    tuple(1 / (255 * d) for d in IMAGENET_DEVIATION),
    tuple(-m / d for m, d in zip(IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True)),
)


@dataclass(frozen=True)
class Backbone:
    """A network of ``keras.applications``, or the plain one.

    Attributes:
        builder: name in ``keras.applications``; empty for the plain network.
        pixels: the pixel values its ImageNet weights expect.
        min_size: side of the smallest crop it accepts, pixels.
        has_alpha: it has a width multiplier ``alpha``.
        inner_divisor: the network itself divides pixel values by this.
        options: further arguments of the builder.
    """

    builder: str
    pixels: PixelScaling = CENTERED
    min_size: int = 32
    has_alpha: bool = False
    inner_divisor: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)


NO_PREPROCESSING = {"include_preprocessing": False}
BACKBONES = {
    SHIPPED: Backbone("MobileNetV2", has_alpha=True),
    "mobilenet_v2": Backbone("MobileNetV2", has_alpha=True),
    "mobilenet_v3_small": Backbone("MobileNetV3Small", has_alpha=True, options=NO_PREPROCESSING),
    "mobilenet_v3_large": Backbone("MobileNetV3Large", has_alpha=True, options=NO_PREPROCESSING),
    "efficientnet_b0": Backbone("EfficientNetB0", TORCH, inner_divisor=255.0),
    "densenet121": Backbone("DenseNet121", TORCH),
    "resnet50": Backbone("ResNet50", CAFFE),
    "resnet101": Backbone("ResNet101", CAFFE),
    "inception_v3": Backbone("InceptionV3", min_size=75),
    "vgg19": Backbone("VGG19", CAFFE),
    "plain": Backbone("", min_size=16),
}


def build_application(name: str, size: int, alpha: float, **arguments: Any) -> Any:
    """A backbone as a Keras model without its classification layers.

    Args:
        name: a key of ``BACKBONES``, except ``plain``.
        size: side of the crops, pixels.
        alpha: width multiplier, where the network has one.
        arguments: passed to the builder: ``weights``, ``input_tensor``.
    """
    from keras import applications

    backbone = BACKBONES[name]
    build: Callable[..., Any] = getattr(applications, backbone.builder)
    width = {"alpha": alpha} if backbone.has_alpha else {}
    return build(
        include_top=False, input_shape=(size, size, 3), **width, **backbone.options, **arguments
    )  # fmt: skip


def build_features(name: str, pixels: Any, size: int, alpha: float) -> Any:
    """Apply a backbone to a Keras tensor; returns a feature map (B, rows, columns, channels)."""
    from keras import layers

    if name == "plain":
        return _build_plain(pixels)
    model = build_application(name, size, alpha, weights=None, input_tensor=pixels)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model.get_layer(LAST_BLOCK).output if name == SHIPPED else model.output


def _build_plain(x: Any) -> Any:
    from keras import layers

    for number, channels in enumerate(PLAIN_CHANNELS):
        x = layers.Conv2D(
            channels, 3, padding="same", activation="relu", name=f"plain_conv_{number}"
        )(x)
        x = layers.MaxPooling2D(name=f"plain_pool_{number}")(x)
    return x


def backbone_layers(model: Any) -> list[Any]:
    """The layers of a classifier that belong to its backbone, in Keras' order."""
    others = ("crop", "input_", "head_", "logits", "flat", "probabilities")
    return [layer for layer in model.layers if not layer.name.startswith(others)]


def freeze(model: Any, trainable: str) -> None:
    """Make only a part of a classifier trainable: ``all``, ``head`` or ``last:N``.

    ``last:N`` trains the last N layers of the backbone and the head. Batch normalization in a
    frozen layer keeps its statistics and uses them in training too.
    """
    layers = backbone_layers(model)
    count = count_trained_layers(trainable)
    for number, layer in enumerate(layers):
        layer.trainable = count is None or number >= len(layers) - count


def count_trained_layers(trainable: str) -> int | None:
    """How many layers of the backbone are trained; None for all.

    Raises:
        ValueError: not ``head``, ``last:N`` or ``all``.
    """
    if trainable in ("head", "all"):
        return 0 if trainable == "head" else None
    word, _, count = trainable.partition(":")
    if word != "last" or not count.isdecimal() or int(count) < 1:
        raise ValueError(f"trainable is {trainable!r}; expected head, all or last:N, as last:20")
    return int(count)
