# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Backbones: input scaling, pretrained weights, frozen layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_training.classifier.backbones import BACKBONES, build_application, freeze
from mask_detector_training.classifier.classifier_losses import build_loss
from mask_detector_training.classifier.classifier_model import build_classifier, pixel_transform
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.classifier.pretrained import backbone_weights, load_pretrained
from support.optional import optional

keras = optional("keras")
TINY = ClassifierRecipe(backbone="mobilenet_v2", size=32, alpha=0.35)


def tiny(**fields: Any) -> ClassifierRecipe:
    return ClassifierRecipe(**{"backbone": "mobilenet_v2", "size": 32, "alpha": 0.35, **fields})


def crops(size: int, count: int = 2) -> np.ndarray:
    shape = (count, size, size, 3)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)


LARGE = ("densenet121", "efficientnet_b0", "resnet50", "resnet101", "inception_v3")


@pytest.mark.parametrize(
    "backbone",
    [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in BACKBONES],
)
def test_every_backbone_predicts_probabilities(backbone: str) -> None:
    size = max(32, BACKBONES[backbone].min_size)
    recipe = ClassifierRecipe(backbone=backbone, size=size, classes=3, head="8")
    probabilities = np.asarray(build_classifier(recipe, deployed=True)(crops(size)))
    assert probabilities.shape == (2, 3)
    assert probabilities.sum(1) == pytest.approx(np.ones(2), abs=1e-4)


PREPARED = {
    "mobilenet_v2": ("mobilenet_v2", 1), "mobilenet_v3_small": ("mobilenet_v2", 1),
    "densenet121": ("densenet", 1), "resnet50": ("resnet", 1), "inception_v3": ("inception_v3", 1),
    "vgg19": ("vgg19", 1), "efficientnet_b0": ("densenet", 255),
}  # fmt: skip


@pytest.mark.parametrize("backbone", PREPARED)
def test_a_backbone_gets_the_pixels_its_weights_expect(backbone: str) -> None:
    """EfficientNet's are DenseNet's divided by 255 inside; MobileNetV3's are MobileNetV2's."""
    module, inner = PREPARED[backbone]
    bgr = crops(4)
    prepare = getattr(keras.applications, module).preprocess_input
    matrix, offset = pixel_transform(ClassifierRecipe(backbone=backbone, size=80))
    expected = np.asarray(prepare(bgr[..., ::-1].copy())) * inner
    assert bgr @ matrix + offset == pytest.approx(expected, abs=1e-3)


def test_pixels_can_be_scaled_otherwise() -> None:
    bgr = crops(4)
    scaled = {
        kind: bgr @ matrix + offset
        for kind in ("scaled", "centered", "gray")
        for matrix, offset in [pixel_transform(tiny(input=kind))]
    }
    assert scaled["scaled"] == pytest.approx(bgr[..., ::-1] / 255, abs=1e-5)
    assert scaled["centered"] == pytest.approx(bgr[..., ::-1] / 127.5 - 1, abs=1e-5)
    brightness = bgr @ [0.114, 0.587, 0.299] / 127.5 - 1
    assert scaled["gray"] == pytest.approx(np.repeat(brightness[..., None], 3, axis=-1), abs=1e-5)


def store_weights(model: Any, path: Path) -> None:
    np.savez(
        path,
        **{
            f"{layer.name}/{i}": value
            for layer in model.layers
            for i, value in enumerate(layer.get_weights())
        },
    )


def random_mobilenet() -> Any:
    model = build_application("mobilenet_v2", 32, 0.35, weights=None)
    # Random statistics, so that weights in the wrong layer are noticed.
    random = np.random.default_rng(1)
    model.set_weights([w + random.uniform(0, 0.1, w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("suffix", ["npz", "weights.h5", "keras"])
def test_pretrained_weights_come_from_files(tmp_path: Path, suffix: str) -> None:
    theirs, path = random_mobilenet(), tmp_path / f"mobilenet.{suffix}"
    if suffix == "npz":
        store_weights(theirs, path)
    else:
        getattr(theirs, "save" if suffix == "keras" else "save_weights")(path)
    recipe = tiny(weights=path.name)
    model = build_classifier(recipe)
    load_pretrained(model, recipe, tmp_path)
    for mine, expected in zip(backbone_weights(model), backbone_weights(theirs), strict=True):
        for a, b in zip(mine, expected, strict=True):
            np.testing.assert_array_equal(a, b)

    wrong = build_classifier(tiny(alpha=0.5, weights=str(path)))
    with pytest.raises(ValueError, match=r"mobilenet_v2 0\.5"):
        load_pretrained(wrong, tiny(alpha=0.5, weights=str(path)))


def test_the_shipped_network_gets_bgr_like_its_weights_rgb(tmp_path: Path) -> None:
    theirs = random_mobilenet()
    store_weights(theirs, tmp_path / "weights.npz")
    recipe = ClassifierRecipe(size=32, alpha=0.35, weights=str(tmp_path / "weights.npz"))
    model = build_classifier(recipe)
    load_pretrained(model, recipe)
    first = keras.Model(model.input, model.get_layer("bn_Conv1").output)
    expected = keras.Model(theirs.input, theirs.get_layer("bn_Conv1").output)
    bgr = crops(32)
    # The last row and column touch the padding, whose value differs.
    ours, wanted = np.asarray(first(bgr)), np.asarray(expected(bgr[..., ::-1] / 127.5 - 1))
    assert ours[:, :-1, :-1] == pytest.approx(wanted[:, :-1, :-1], abs=1e-4)


def test_errors_about_weights_name_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_classifier(TINY)
    with pytest.raises(ValueError, match="check --weights"):
        load_pretrained(model, tiny(weights="missing.npz"), tmp_path)
    (tmp_path / "weights.pt").touch()
    with pytest.raises(ValueError, match=r"is not a \.npz"):
        load_pretrained(model, tiny(weights="weights.pt"), tmp_path)
    (tmp_path / "damaged.weights.h5").write_bytes(b"not a Keras file")
    with pytest.raises(ValueError, match="does not fit"):
        load_pretrained(model, tiny(weights="damaged.weights.h5"), tmp_path)

    def offline(*_: Any, **__: Any) -> None:
        raise Exception("URL fetch failure: Name or service not known")

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    with pytest.raises(ValueError, match=r"cannot be downloaded .*Name or service.*--weights"):
        load_pretrained(model, tiny(weights="imagenet"))


def test_frozen_layers_do_not_change() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3), name="crop"),
            layers.Conv2D(4, 3, name="first"),
            layers.BatchNormalization(momentum=0.5, name="first_norm"),
            layers.Conv2D(4, 3, name="second"),
            layers.BatchNormalization(momentum=0.5, name="second_norm"),
            layers.GlobalAveragePooling2D(name="head_mean"),
            layers.Dense(4, name="logits"),
        ]
    )
    freeze(model, "last:2")
    before = {layer.name: layer.get_weights() for layer in model.layers}
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=build_loss("ce"))
    model.train_on_batch(crops(8, 4), np.eye(4, dtype=np.float32))
    changed = {
        layer.name
        for layer in model.layers
        for now, then in zip(layer.get_weights(), before[layer.name], strict=True)
        if not np.array_equal(now, then)
    }
    # The moving averages of the frozen normalization do not change either.
    assert changed == {"second", "second_norm", "logits"}


def test_only_the_head_is_trained() -> None:
    model = build_classifier(tiny(head="8"))
    freeze(model, "head")
    names = {variable.path.split("/")[0] for variable in model.trainable_variables}
    assert names == {"head_dense_0", "logits"}
    freeze(model, "all")
    assert len(model.trainable_variables) > 100
