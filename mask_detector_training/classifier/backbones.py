# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks a classifier can stand on, and what each wants to be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SHIPPED = "shipped"
LAST_BLOCK = "block_12_add"
"""Where the shipped network leaves MobileNetV2: beyond it crops of 80 pixels have no places."""
MOMENTUM = 0.99
"""Of batch normalization. Keras' 0.999 suits a million steps, not a few thousand."""
PLAIN_CHANNELS = (32, 64, 128)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Wanted:
    """The pixels a network learned from: ``scale * value + offset`` of red, green, blue.

    Attributes:
        scale, offset: for values 0..255, per channel.
        bgr: blue comes first.
    """

    scale: tuple[float, ...]
    offset: tuple[float, ...]
    bgr: bool = False


CENTERD = Wanted((1 / 127.5,) * 3, (-1.0,) * 3)
SCALED = Wanted((1 / 255,) * 3, (0.0,) * 3)
CAFFE = Wanted((1.0,) * 3, (-123.68, -116.779, -103.939), bgr=True)
TORCH = Wanted(
    tuple(1 / (255 * d) for d in IMAGENET_DEVIATION),
    tuple(-m / d for m, d in zip(IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True)),
)


@dataclass(frozen=True)
class Backbone:
    """One network of ``keras.applications``, or our plain one.

    Attributes:
        builder: its name in ``keras.applications``; empty for the plain one.
        wants: the pixels its ImageNet weights learned from.
        smallest: side of the smallest crop it takes, pixels.
        widens: it comes in several widths (``alpha``).
        inner: the network itself divides pixels by this.
        options: further arguments of the builder.
    """

    builder: str
    wants: Wanted = CENTERD
    smallest: int = 32
    widens: bool = False
    inner: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)


BARE = {"include_preprocessing": False}
BACKBONES = {
    SHIPPED: Backbone("MobileNetV2", widens=True),
    "mobilenet_v2": Backbone("MobileNetV2", widens=True),
    "mobilenet_v3_small": Backbone("MobileNetV3Small", widens=True, options=BARE),
    "mobilenet_v3_large": Backbone("MobileNetV3Large", widens=True, options=BARE),
    "efficientnet_b0": Backbone("EfficientNetB0", TORCH, inner=255.0),
    "densenet121": Backbone("DenseNet121", TORCH),
    "resnet50": Backbone("ResNet50", CAFFE),
    "resnet101": Backbone("ResNet101", CAFFE),
    "inception_v3": Backbone("InceptionV3", smallest=75),
    "vgg19": Backbone("VGG19", CAFFE),
    "plain": Backbone("", smallest=16),
}


def application(name: str, size: int, alpha: float, **given: Any) -> Any:
    """The Keras model of a backbone without its top.

    Args:
        name: one of ``BACKBONES``, not the plain one.
        size: side of the crops, pixels.
        alpha: width, where the network comes in several.
        given: on to the builder: ``weights``, ``input_tensor``.
    """
    from keras import applications

    chosen = BACKBONES[name]
    build: Callable[..., Any] = getattr(applications, chosen.builder)
    width = {"alpha": alpha} if chosen.widens else {}
    return build(
        include_top=False, input_shape=(size, size, 3), **width, **chosen.options, **given
    )  # fmt: skip


def features(name: str, pixels: Any, size: int, alpha: float) -> Any:
    """The backbone over a Keras tensor of pixels; a map (B, rows, columns, channels)."""
    from keras import layers

    if name == "plain":
        return _plain(pixels)
    model = application(name, size, alpha, weights=None, input_tensor=pixels)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model.get_layer(LAST_BLOCK).output if name == SHIPPED else model.output


def _plain(x: Any) -> Any:
    from keras import layers

    for number, channels in enumerate(PLAIN_CHANNELS):
        x = layers.Conv2D(
            channels, 3, padding="same", activation="relu", name=f"plain_conv_{number}"
        )(x)
        x = layers.MaxPooling2D(name=f"plain_pool_{number}")(x)
    return x


def backbone_layers(model: Any) -> list[Any]:
    """The layers of a classifier that are its backbone's, in the order Keras lists them."""
    own = ("crop", "input_", "head_", "logits", "flat", "probabilities")
    return [layer for layer in model.layers if not layer.name.startswith(own)]


def freeze(model: Any, trainable: str) -> None:
    """Train ``all``, only the ``head``, or the ``last:N`` layers of the backbone and the head.

    Batch normalization of a frozen layer keeps its statistics and uses them in training, too.
    """
    layers = backbone_layers(model)
    count = trained_layers(trainable)
    for number, layer in enumerate(layers):
        layer.trainable = count is None or number >= len(layers) - count


def trained_layers(trainable: str) -> int | None:
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
