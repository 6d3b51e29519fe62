# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recipes: options, configuration, files, refusals; and the losses they name."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pytest

from mask_detector_training.classifier.classifier_losses import build_loss, parse_loss
from mask_detector_training.classifier.recipe import Recipe, add_options, recipe_of
from support.optional import optional


def test_options_and_configuration_tell_the_same() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert recipe_of(parser.parse_args([])) == Recipe()
    words = "--backbone vgg19 --head 128,64 --trainable last:3 --loss 0.5*mse+hinge --classes 2"
    words += " --optimizer adam --epochs 7 --epoch-steps 11 --minutes 0 --patience 3 --input gray"
    recipe = recipe_of(parser.parse_args(words.split()))
    assert recipe.dense == (128, 64)
    assert recipe.loop.steps == 77
    assert recipe.loop.optimizer == "adam"
    assert recipe.config["model"] == "mask_classifier"
    assert Recipe.from_description(recipe.config) == recipe


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"backbone": "alexnet"}, "backbone is 'alexnet'; expected one of shipped"),
        ({"backbone": "inception_v3", "size": 64}, "inception_v3 needs at least 75"),
        ({"backbone": "vgg19", "alpha": 0.5}, "vgg19 comes in one width"),
        ({"backbone": "plain", "weights": "imagenet"}, "none for the plain network"),
        ({"trainable": "last:none"}, "expected head, all or last:N"),
        ({"head": "128;64"}, "expected own or widths"),
        ({"loss": "mse+huber"}, "cannot read 'huber'"),
        ({"loss": "-1*mse"}, "cannot read '-1\\*mse'"),
        ({"optimizer": "sgd"}, "expected one of adamw, adam"),
        ({"classes": 5}, "expected one of 4, 3, 2"),
        ({"epoch_steps": 0}, "--epoch-steps must be larger than 0"),
        ({"dressed": 7}, "--dressed must be at most 1"),
        ({"dressed": -0.1}, "--dressed must be at least 0"),
        ({"dropout": 1.5}, "--dropout must be smaller than 1"),
        ({"ema": 1.5}, "--ema must be smaller than 1"),
        ({"minutes": -3.0}, "--minutes must be at least 0"),
        ({"minutes": float("inf")}, "--minutes must be a finite number"),
        ({"patience": -2}, "--patience must be at least 0"),
        ({"rate": float("nan")}, "--rate must be larger than 0"),
        ({"decay": -1.0}, "--decay must be at least 0"),
        ({"seed": -1}, "--seed must be at least 0"),
    ],
)
def test_impossible_recipes_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recipe(**fields)


def test_entries_of_a_file_are_checked() -> None:
    recipe = Recipe.from_entries({"head": 128, "minutes": 3, "seed": 7})
    assert (recipe.head, recipe.minutes, recipe.seed) == ("128", 3.0, 7)
    with pytest.raises(ValueError, match="there is no backbones; expected backbone, size"):
        Recipe.from_entries({"backbones": "vgg19"})
    with pytest.raises(ValueError, match="size is '80'; expected int"):
        Recipe.from_entries({"size": "80"})


PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]])
TARGETS = np.array([[1.0, 0, 0], [1.0, 0, 0]])
EXPECTED = {
    "ce": [-np.log(0.7), -np.log(0.25)],
    "mse": [(0.09 + 0.04 + 0.01) / 3, (0.5625 + 0.0625 + 0.25) / 3],
    # The likeliest wrong class against the right one.
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
