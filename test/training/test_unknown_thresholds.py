# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds are set where they keep what they promise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.resources import find_resource
from mask_detector_training.data.datasets import load_split
from mask_detector_training.evaluation.predictions import Shipped
from mask_detector_training.evaluation.unknown_thresholds import (
    GATES,
    NATURAL,
    Seen,
    choose,
    choose_confidence,
    choose_gate,
    draw,
    look,
    precision_by,
    rising,
)
from support.drawn_data import write_data
from support.optional import optional

WIDTH = GATES["min_width"]


def seen(width: np.ndarray, right: np.ndarray, confidence: np.ndarray | None = None) -> Seen:
    """Faces of one class, sharp and bright, frontal without exception."""
    ones = np.ones(len(width))
    sure = ones if confidence is None else confidence
    classes = np.zeros(len(width), int)
    return Seen(width, ones, 100 * ones, 0 * ones, sure, right.astype(float), classes, ones)


def told_from(limit: float, count: int = 4000) -> Seen:
    """Faces of 8 to 48 pixels; wider ones than ``limit`` are always told, others by chance."""
    random = np.random.default_rng(0)
    width = random.uniform(8, 48, count)
    return seen(width, (width > limit) | (random.random(count) < 0.5))


def test_a_gate_lies_where_faces_are_told_well_enough() -> None:
    place = choose_gate(told_from(20), WIDTH, 0.9)
    assert place is not None
    assert place == pytest.approx(20, abs=0.5)


def test_no_gate_where_none_is_needed_or_none_helps() -> None:
    assert choose_gate(told_from(0), WIDTH, 0.9) is None
    assert choose_gate(told_from(100), WIDTH, 0.9) is None


def test_turned_faces_are_shut_out_from_the_other_side() -> None:
    faces = told_from(28)
    turned = replace(faces, turn=50 - faces.width)
    place = choose_gate(turned, GATES["max_turn"], 0.9)
    assert place is not None
    assert place == pytest.approx(22, abs=0.5)


def test_faces_without_the_measure_have_no_say() -> None:
    faces = told_from(20)
    faces.width[::2] = np.nan
    places, precision = precision_by(faces, WIDTH)
    assert not np.isnan(places).any()
    assert len(places) == len(precision) == 2000


def test_neighbors_in_the_wrong_order_share_their_mean() -> None:
    ones = np.ones(5)
    assert rising(np.array([0, 1, 0, 1, 1.0]), ones).tolist() == [0, 0.5, 0.5, 1, 1]
    assert rising(np.array([1, 1, 0.0]), np.array([1, 1, 2.0])).tolist() == [0.5, 0.5, 0.5]
    assert rising(np.zeros(0), np.zeros(0)).tolist() == []


def test_confidence_is_the_least_that_keeps_the_promise() -> None:
    confidence = np.repeat([0.4, 0.6, 0.8], 100)
    right = np.concatenate([np.arange(100) < n for n in (50, 90, 99)])
    faces = seen(np.full(300, 30.0), right, confidence)
    assert choose_confidence(faces, 0.79) == 0.3  # 239 of 300
    assert choose_confidence(faces, 0.9) == 0.41  # 189 of 200
    assert choose_confidence(faces, 0.98) == 0.61
    with pytest.raises(ValueError, match=r"no confidence makes 99\.9%"):
        choose_confidence(faces, 0.999)


def test_every_class_counts_alike() -> None:
    right = np.concatenate([np.ones(90), np.zeros(10)])
    faces = seen(np.full(100, 30.0), right)
    assert faces.precision == pytest.approx(0.9)
    faces.label[90:] = 2
    assert faces.balanced().precision == pytest.approx(0.5)


def test_narrow_faces_do_not_weigh_in_the_confidence() -> None:
    """Of the wide faces ten belong to each class; narrow ones of the well-told class abound."""
    label = np.repeat([0, 3, 3], [10, 10, 90])
    width = np.repeat([30.0, 30.0, 14.0], [10, 10, 90])
    right = np.repeat([1.0, 0.8, 0.0], [10, 10, 90])
    # The wide faces are right in 0.9 of the cases, one class 1.0 and the other 0.8.
    faces = replace(seen(width, right), label=label).balanced()
    every = dict.fromkeys((NATURAL, "smaller", "blurred", "darker"), faces)
    assert choose(every, 0.89, 0.5)["min_confidence"] == 0.3
    with pytest.raises(ValueError, match=r"no confidence makes 91\.0%"):
        choose(every, 0.91, 0.5)


def test_thresholds_and_their_picture(tmp_path: Path) -> None:
    optional("matplotlib")
    faces = dict.fromkeys((NATURAL, "smaller", "blurred", "darker"), told_from(20))
    chosen = choose(faces, 0.9, 0.9)
    assert set(chosen) == {"min_confidence", *GATES}
    assert chosen["min_width"] == pytest.approx(20, abs=0.5)
    draw(tmp_path / "plot.png", faces, chosen)
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_faces_are_made_poorer_in_one_way_each(tmp_path: Path) -> None:
    records = load_split(write_data(tmp_path), "val")[:4]
    shipped = Shipped.load(find_resource("models"))
    found = look(shipped.detector, shipped.classifier, records)
    natural = found[NATURAL]
    assert len(natural.right) == sum(len(record.boxes) for record in records)
    assert found["smaller"].width.max() < 29 < natural.width.min()
    assert found["darker"].brightness.max() < 0.5 * natural.brightness.min()
    assert np.median(found["blurred"].sharpness) < 0.5 * np.median(natural.sharpness)
    for way in ("blurred", "darker"):
        assert found[way].width.min() == pytest.approx(natural.width.min(), abs=0.01)


def test_impossible_wishes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optional("matplotlib")
    (tmp_path / "file").touch()
    plot = tmp_path / "file" / "x.png"
    # Told before the data is even looked for.
    assert main(["evaluate", "unknown", "--data", str(tmp_path / "no"), "--plot", str(plot)]) == 2
    assert f"{plot} cannot be written" in capsys.readouterr().err
    assert main(["evaluate", "unknown", "--precision", "2"]) == 2
    assert "--precision must lie between 0 and 1, got 2" in capsys.readouterr().err
