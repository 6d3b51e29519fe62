# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recipes: options, configuration, files and range checks; and the losses they name."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pytest

from mask_detector_training.classifier.classifier_losses import build_loss, parse_loss
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.setting_options import add_options, from_flat_values, from_options
from support.optional import optional


def test_options_and_configuration_give_the_same_recipe() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, ClassifierRecipe())
    assert from_options(ClassifierRecipe, parser.parse_args([])) == ClassifierRecipe()
    words = "--backbone vgg19 --head 128,64 --trainable last:3 --loss 0.5*mse+hinge --classes 2"
    words += (
        " --optimizer adam --epochs 7 --steps-per-epoch 11 --minutes 0 --patience 3 --input gray"
    )
    recipe = from_options(ClassifierRecipe, parser.parse_args(words.split()))
    assert recipe.dense == (128, 64)
    assert recipe.loop.steps == 77
    assert recipe.loop.optimizer == "adam"
    assert recipe.config["model"] == "mask_classifier"
    assert ClassifierRecipe.from_config(recipe.config) == recipe


def test_unknown_names_of_an_older_configuration_are_ignored() -> None:
    recipe = ClassifierRecipe(size=96)
    config = recipe.config
    older = {**config, "loop": {**config["loop"], "steps": 30000}, "sources": {"labels": "1"}}
    assert ClassifierRecipe.from_config(older) == recipe
    with pytest.raises(ValueError, match="input is 'own'; expected one of default"):
        ClassifierRecipe.from_config({**older, "input": "own"})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"backbone": "alexnet"}, "backbone is 'alexnet'; expected one of shipped"),
        ({"backbone": "inception_v3", "size": 64}, "inception_v3 needs at least 75"),
        ({"backbone": "vgg19", "alpha": 0.5}, "vgg19 has one width"),
        ({"backbone": "plain", "weights": "imagenet"}, "plain backbone has no pretrained weights"),
        ({"trainable": "last:none"}, "expected head, all or last:N"),
        ({"head": "128;64"}, "expected default or widths"),
        ({"loss": "mse+huber"}, "cannot read 'huber'"),
        ({"loss": "-1*mse"}, "cannot read '-1\\*mse'"),
        ({"optimizer": "sgd"}, "expected one of adamw, adam"),
        ({"classes": 5}, "expected one of 4, 3, 2"),
        ({"steps_per_epoch": 0}, "steps_per_epoch is 0; expected at least 1"),
        ({"synthetic_masks": 7}, "synthetic_masks is 7.0; expected 0 to 1"),
        ({"synthetic_masks": -0.1}, "synthetic_masks is -0.1; expected 0 to 1"),
        ({"dropout": 1.5}, "dropout is 1.5; expected at least 0 and below 1"),
        ({"ema_momentum": 1.5}, "ema_momentum is 1.5; expected at least 0 and below 1"),
        ({"minutes": -3.0}, "minutes is -3.0; expected at least 0"),
        ({"minutes": float("inf")}, "minutes is inf; expected a finite number"),
        ({"patience": -2}, "patience is -2; expected at least 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; expected above 0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0; expected at least 0"),
        ({"seed": -1}, "seed is -1; expected 0 to 4294967295"),
    ],
)
def test_impossible_recipes_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_flat_values(ClassifierRecipe, fields)


def test_a_detector_recipe_keeps_its_own_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, DetectorRecipe())
    assert from_options(DetectorRecipe, parser.parse_args([])) == DetectorRecipe()
    recipe = from_options(DetectorRecipe, parser.parse_args(["--wear-status", "--epochs", "3"]))
    assert (recipe.wear_status, recipe.loop.epochs, recipe.loop.batch_size) == (True, 3, 16)
    for side in (32, 100):
        with pytest.raises(ValueError, match=f"side is {side}; expected"):
            DetectorRecipe(side=side)


def test_the_help_names_every_range() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, ClassifierRecipe())
    text = " ".join(parser.format_help().split())
    assert "dropout rate of the features in training (at least 0 and below 1; default: 0.3)" in text
    assert "peak learning rate (above 0; default: 0.0006)" in text


def test_entries_of_a_file_are_checked() -> None:
    recipe = from_flat_values(ClassifierRecipe, {"head": 128, "minutes": 3, "seed": 7})
    assert (recipe.head, recipe.loop.minutes, recipe.loop.seed) == ("128", 3.0, 7)
    with pytest.raises(ValueError, match="there is no backbones; expected backbone, size"):
        from_flat_values(ClassifierRecipe, {"backbones": "vgg19"})
    with pytest.raises(ValueError, match="size is '80'; expected a whole number"):
        from_flat_values(ClassifierRecipe, {"size": "80"})


PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]])
TARGETS = np.array([[1.0, 0, 0], [1.0, 0, 0]])
EXPECTED = {
    "ce": [-np.log(0.7), -np.log(0.25)],
    "mse": [(0.09 + 0.04 + 0.01) / 3, (0.5625 + 0.0625 + 0.25) / 3],
    # The most probable wrong class against the true one.
    "hinge": [1 + 0.2 - 0.7, 1 + 0.5 - 0.25],
    "focal": [-(0.3**2) * np.log(0.7), -(0.75**2) * np.log(0.25)],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_losses_by_hand(name: str) -> None:
    optional("keras")
    logits = np.log(PROBABILITIES).astype(np.float32) + 3
    found = np.asarray(build_loss(name)(TARGETS.astype(np.float32), logits))
    assert found == pytest.approx(np.array(EXPECTED[name]), abs=1e-5)


def test_losses_can_be_weighed_and_added() -> None:
    optional("keras")
    assert parse_loss("0.5*mse + hinge") == [(0.5, "mse"), (1.0, "hinge")]
    logits = np.log(PROBABILITIES).astype(np.float32)
    found = np.asarray(build_loss("0.5*mse+hinge")(TARGETS.astype(np.float32), logits))
    expected = 0.5 * np.array(EXPECTED["mse"]) + EXPECTED["hinge"]
    assert found == pytest.approx(expected, abs=1e-5)
