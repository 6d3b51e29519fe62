# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corrections of labels, and the search for labels that may be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from mask_detector_ros.cli import main
from mask_detector_training.data.corrections import CORRECTIONS, Corrections
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.data.training_data import load_training_data
from mask_detector_training.evaluation.predictions import FacePredictions
from mask_detector_training.evaluation.split_scores import score_classifier
from support.drawn_data import write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def entry(record: Record, row: int, new: str, **changes: object) -> dict[str, object]:
    box = [round(float(value), 1) for value in record.boxes[row]]
    fields = {"image": record.key, "box": box, "old": record.statuses[row], "new": new}
    return {**fields, "reason": "seen by eye", **changes}


def correct(data: Path, *entries: dict[str, object]) -> None:
    (data / "corrections.yaml").write_text(yaml.safe_dump(list(entries)))


def test_the_shipped_corrections_can_be_read() -> None:
    entries = yaml.safe_load(CORRECTIONS.read_text())
    assert len(entries) > 30
    assert len({(e["image"], *e["box"]) for e in entries}) == len(entries)
    Corrections.load()


def test_training_uses_corrected_labels(data: Path) -> None:
    before = load_split(data, "train")
    correct(data, entry(before[0], 1, "ignore"), entry(load_split(data, "val")[2], 0, "correct"))
    train, val = load_training_data(data)
    assert train[0].statuses == (before[0].statuses[0], "ignore")
    assert val[2].statuses[0] == "correct"
    assert [r.statuses for r in train[1:]] == [r.statuses for r in before[1:]]
    as_labeled, _ = load_training_data(data, corrections=False)
    assert as_labeled[0].statuses == before[0].statuses
    # Evaluation reads the labels as they are.
    assert load_split(data, "val")[2].statuses[0] != "correct"


def test_a_correction_must_fit_the_label(data: Path) -> None:
    first, second = load_split(data, "train")[:2]
    x, y, w, h = (float(value) for value in first.boxes[0])
    corrections = [
        entry(first, 0, "ignore", box=[x + 5, y, w, h]),
        entry(second, 0, "ignore", old="correct" if second.statuses[0] != "correct" else "no_mask"),
        entry(first, 1, "ignore", image="faces/other.png"),
    ]
    correct(data, *corrections)
    train, _ = load_training_data(data)
    assert [r.statuses for r in train] == [r.statuses for r in load_split(data, "train")]
    known = Corrections.load(data)
    assert known.found(train) == []
    assert [c.image for c in known.outdated(train)] == [first.key, second.key]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{image: a}]", "entry 1: expected box, image, new, old, reason"),
        ("a: 1", "expected a list"),
        ("[{image: a, box: [1, 2, 3], old: correct, new: ignore, reason: x}]", "entry 1: expected"),
        ("[{image: a, box: [1, 2, 3, 4], old: correct, new: odd, reason: x}]", "odd is not one of"),
        ("[{image: a, box: [1, 2, 3, 4], old: correct, new: correct, reason: x}]", "old is new"),
        ("[", "malformed"),
    ],
)
def test_a_malformed_file_is_named(data: Path, text: str, message: str) -> None:
    (data / "corrections.yaml").write_text(text)
    with pytest.raises(ValueError, match=rf"corrections\.yaml is malformed: .*{message}|{message}"):
        load_training_data(data)


def test_check_lists_what_is_corrected(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = load_split(data, "test")[:2]
    wrong = entry(second, 0, "correct", old="ignore")
    correct(data, entry(first, 0, "incorrect"), wrong)
    assert main(["data", "check", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "1 labels are corrected; the files stay as they are" in out
    assert f"| test | {first.key} | {first.statuses[0]} | incorrect | seen by eye |" in out
    assert f"1 corrections do not fit the labels any more ({second.key})" in out
    assert "| test | faces | drawn | 6 | 2 | 4 | 3 | 2 | 1 | 0 | 0 |" in out
    assert main(["data", "check", "--data", str(data), "--no-corrections"]) == 0
    out = capsys.readouterr().out
    assert "corrected" not in out
    assert "| test | faces | drawn | 6 | 3 | 4 | 3 | 2 | 0 | 0 | 0 |" in out


def test_evaluation_shows_the_figure_with_and_without(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = load_split(data, "test")
    statuses = np.array([record.statuses[0] for record in records])
    boxes = np.stack([record.boxes[0] for record in records])
    names = ["no_mask", "below_mouth", "nose_exposed", "correct"]
    probabilities = np.eye(4)[[names.index(status) for status in statuses]]
    row = int(np.flatnonzero(statuses == "correct")[0])
    probabilities[row] = (1, 0, 0, 0)
    faces = FacePredictions(tuple(records), boxes, statuses, probabilities)
    as_labeled = score_classifier(faces)
    assert as_labeled["corrected labels"] == 0
    assert as_labeled["macro F1 with corrected labels"] == as_labeled["macro F1"] < 1
    file = data / "shipped.yaml"
    file.write_text(yaml.safe_dump([entry(records[row], 0, "no_mask")]))
    monkeypatch.setattr("mask_detector_training.data.corrections.CORRECTIONS", file)
    scores = score_classifier(faces)
    assert scores["corrected labels"] == 1
    assert scores["macro F1"] == as_labeled["macro F1"]
    assert scores["macro F1 with corrected labels"] == 1


def test_suspects_are_listed_as_entries_to_edit(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.jpg"
    command = ["data", "suspects", "--data", str(data), "--split", "test", "--count", "3"]
    assert main([*command, "--sheet", str(sheet)]) == 0
    out = capsys.readouterr().out
    assert sheet.stat().st_size > 1000
    entries = yaml.safe_load(out)
    assert len(entries) == 3
    labels = {r.key: r for r in load_split(data, "test")}
    for suspect in entries:
        record = labels[suspect["image"]]
        row = int(np.abs(record.boxes - np.array(suspect["box"])).sum(1).argmin())
        assert record.statuses[row] == suspect["old"] != suspect["new"]
    # An entry that was looked at and accepted is not listed again.
    correct(data, {**entries[0], "reason": "seen by eye"})
    assert main([*command, "--count", "100"]) == 0
    assert entries[0] not in yaml.safe_load(capsys.readouterr().out)
    assert main([*command, "--sheet", "sheet.gif"]) == 2
    assert "expected a name that ends with .jpg" in capsys.readouterr().err
