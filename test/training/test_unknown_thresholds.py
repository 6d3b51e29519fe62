# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Selection of the thresholds below which the wear status is UNKNOWN."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.resources import find_resource
from mask_detector_training.data.datasets import load_split
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.evaluation.predictions import ModelSet  # noqa: E402
from mask_detector_training.evaluation.unknown_thresholds import (  # noqa: E402
    BLURRED,
    DARKENED,
    DOWNSCALED,
    QUALITY_MEASURES,
    UNCHANGED,
    FaceMeasurements,
    choose_confidence,
    choose_quality_threshold,
    choose_thresholds,
    measure_faces,
    plot_thresholds,
    precision_by_quality,
)

WIDTH = QUALITY_MEASURES["min_width"]
KINDS = (UNCHANGED, DOWNSCALED, BLURRED, DARKENED)


def measurements(
    width: np.ndarray, correct: np.ndarray, confidence: np.ndarray | None = None
) -> FaceMeasurements:
    """Sharp, bright and frontal faces of one class."""
    ones = np.ones(len(width))
    confidence = ones if confidence is None else confidence
    classes = np.zeros(len(width), int)
    return FaceMeasurements(
        width, ones, 100 * ones, 0 * ones, confidence, correct.astype(float), classes, ones
    )


def correct_from(limit: float, count: int = 4000) -> FaceMeasurements:
    """Faces 8 to 48 px wide; all wider than ``limit`` are classified correctly, others half."""
    random = np.random.default_rng(0)
    width = random.uniform(8, 48, count)
    return measurements(width, (width > limit) | (random.random(count) < 0.5))


def test_a_gate_is_set_where_precision_is_reached() -> None:
    assert choose_quality_threshold(correct_from(20), WIDTH, 0.9) == pytest.approx(20, abs=0.5)


def test_no_gate_where_none_is_needed_or_none_helps() -> None:
    assert choose_quality_threshold(correct_from(0), WIDTH, 0.9) is None
    assert choose_quality_threshold(correct_from(100), WIDTH, 0.9) is None


def test_high_values_of_some_measures_are_poor() -> None:
    faces = correct_from(28)
    turned = replace(faces, yaw_ratio=50 - faces.width)
    assert choose_quality_threshold(
        turned, QUALITY_MEASURES["max_yaw_ratio"], 0.9
    ) == pytest.approx(22, abs=0.5)


def test_faces_without_the_measure_are_left_out() -> None:
    faces = correct_from(20)
    faces.width[::2] = np.nan
    values, precision = precision_by_quality(faces, WIDTH)
    assert not np.isnan(values).any()
    assert len(values) == len(precision) == 2000


def isotonic(correct: list[float], weight: list[float]) -> list[float]:
    """Precision by width of faces with increasing widths."""
    faces = measurements(np.arange(len(correct), dtype=float), np.array(correct))
    faces = replace(faces, weight=np.array(weight))
    return precision_by_quality(faces, WIDTH)[1].tolist()


def test_precision_grows_with_quality() -> None:
    """Isotonic regression: neighbors in the wrong order get their weighted mean."""
    assert isotonic([0, 1, 0, 1, 1], [1] * 5) == pytest.approx([0, 0.5, 0.5, 1, 1])
    assert isotonic([1, 1, 0], [1, 1, 2]) == pytest.approx([0.5, 0.5, 0.5])
    assert isotonic([], []) == []


def test_the_lowest_sufficient_confidence_is_chosen() -> None:
    confidence = np.repeat([0.4, 0.6, 0.8], 100)
    correct = np.concatenate([np.arange(100) < n for n in (50, 90, 99)])
    faces = measurements(np.full(300, 30.0), correct, confidence)
    assert choose_confidence(faces, 0.79) == 0.3  # 239 of 300
    assert choose_confidence(faces, 0.9) == 0.41  # 189 of 200
    assert choose_confidence(faces, 0.98) == 0.61
    with pytest.raises(ValueError, match=r"no confidence threshold .* of 99\.9%"):
        choose_confidence(faces, 0.999)


def test_classes_have_equal_weight() -> None:
    correct = np.concatenate([np.ones(90), np.zeros(10)])
    faces = measurements(np.full(100, 30.0), correct)
    assert faces.precision == pytest.approx(0.9)
    faces.label[90:] = 2
    assert faces.balanced().precision == pytest.approx(0.5)


def test_narrow_faces_do_not_affect_the_confidence() -> None:
    """Ten wide faces of each class, and many narrow ones of one class."""
    label = np.repeat([0, 3, 3], [10, 10, 90])
    width = np.repeat([30.0, 30.0, 14.0], [10, 10, 90])
    correct = np.repeat([1.0, 0.8, 0.0], [10, 10, 90])
    # The precision of the wide faces is 0.9: 1.0 in one class and 0.8 in the other.
    faces = replace(measurements(width, correct), label=label).balanced()
    every = dict.fromkeys(KINDS, faces)
    assert choose_thresholds(every, 0.89, 0.5)["min_confidence"] == 0.3
    with pytest.raises(ValueError, match=r"no confidence threshold .* of 91\.0%"):
        choose_thresholds(every, 0.91, 0.5)


def test_thresholds_and_their_plot(tmp_path: Path) -> None:
    optional("matplotlib")
    faces = dict.fromkeys(KINDS, correct_from(20))
    chosen = choose_thresholds(faces, 0.9, 0.9)
    assert set(chosen) == {"min_confidence", *QUALITY_MEASURES}
    assert chosen["min_width"] == pytest.approx(20, abs=0.5)
    plot_thresholds(tmp_path / "plot.png", faces, chosen)
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_faces_are_degraded_in_one_way_each(tmp_path: Path) -> None:
    records = load_split(write_data(tmp_path), "val")[:4]
    models = ModelSet.load(find_resource("models"))
    measured = measure_faces(models.detector, models.classifier, records)
    unchanged = measured[UNCHANGED]
    assert len(unchanged.correct) == sum(len(record.boxes) for record in records) > 0
    assert measured[DOWNSCALED].width.max() < 29 < unchanged.width.min()
    assert measured[DARKENED].brightness.max() < 0.5 * unchanged.brightness.min()
    assert np.median(measured[BLURRED].sharpness) < 0.5 * np.median(unchanged.sharpness)
    for kind in (BLURRED, DARKENED):
        assert measured[kind].width.min() == pytest.approx(unchanged.width.min(), abs=0.01)


def test_invalid_options_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optional("matplotlib")
    (tmp_path / "file").touch()
    plot = tmp_path / "file" / "x.png"
    # Reported before the data is searched.
    assert main(["evaluate", "unknown", "--data", str(tmp_path / "no"), "--plot", str(plot)]) == 2
    assert f"{plot} cannot be written" in capsys.readouterr().err
    assert main(["evaluate", "unknown", "--precision", "2"]) == 2
    assert "--precision must lie between 0 and 1, got 2" in capsys.readouterr().err
