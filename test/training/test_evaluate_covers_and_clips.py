# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate covers``, ``clips`` and ``card``."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.perception.pipeline import FrameResult
from mask_detector_ros.perception.types import (
    CLASS_LABELS,
    Detections,
    Event,
    EventKind,
    WearStatus,
)
from mask_detector_ros.resources import find_resource
from support.drawn_data import write_data
from support.media import demo_frame, save_video
from support.optional import optional

optional("sklearn")

from mask_detector_training.commands.evaluate_options import print_report  # noqa: E402
from mask_detector_training.data.datasets import load_split  # noqa: E402
from mask_detector_training.evaluation.clip_events import find_clips, run_clip  # noqa: E402
from mask_detector_training.evaluation.cover_scores import (  # noqa: E402
    HIDING,
    UNCOVERED,
    VISIBLE,
    measure_drawn_covers,
)
from mask_detector_training.evaluation.predictions import ModelSet  # noqa: E402
from mask_detector_training.synthesis import COVERS  # noqa: E402


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), scenes=4)


@pytest.mark.parametrize("what", ["classifier", "pipeline", "covers", "unknown"])
def test_labels_without_a_wear_status_are_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    labels = shutil.copytree(data, tmp_path / "data")
    for file in labels.glob("*/val.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for face in (face for row in rows for face in row["faces"]):
            face["status"] = "face"
        file.write_text("\n".join(json.dumps(row) for row in rows))
    assert main(["evaluate", what, "--data", str(labels), "--split", "val"]) == 2
    error = capsys.readouterr().err
    assert "the val split has no face whose wear status is labeled; expected" in error


def test_a_table_without_faces_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_report({"bare faces": {}, "all": {"a": {"faces": 1}}}, Namespace(json=False)) == 0
    assert capsys.readouterr().out.startswith("\nbare faces\n\nno faces\n\nall\n\n| ")


class WatchfulPipeline:
    """Takes changed faces for masks, and remembers what it classified."""

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, Detections]] = []

    def classify(self, image: np.ndarray, faces: Detections) -> Detections:
        self.seen.append((image, faces))
        first = self.seen[0][0]
        status = WearStatus.NO_MASK if np.array_equal(image, first) else WearStatus.CORRECT
        return faces.with_(frame_status=np.full(len(faces), status, np.int8))


def test_every_cover_is_drawn_on_bare_faces_and_scored(data: Path) -> None:
    [record] = [r for r in load_split(data, "val") if r.path.name == "val_0.png"][:1]
    assert record.statuses == ("no_mask", "below_mouth")
    models, pipeline = ModelSet.load(find_resource("models")), WatchfulPipeline()
    watched = ModelSet(models.detector, models.classifier, pipeline, models.models, models.runtime)  # type: ignore[arg-type]
    table = measure_drawn_covers(watched, [record])
    assert set(table) == {UNCOVERED, *COVERS, HIDING, VISIBLE}
    assert table[UNCOVERED]["faces"] == table["hand"]["faces"] == 1
    assert table[UNCOVERED]["no_mask"] == 1
    for kind in COVERS:
        assert table[kind]["correct"] == 1, f"{kind} is not drawn"
    assert table[HIDING]["faces"] + table[VISIBLE]["faces"] == len(COVERS)
    for _, faces in pipeline.seen:
        assert faces.boxes == pytest.approx(record.boxes[:1])
    again = WatchfulPipeline()
    measure_drawn_covers(
        ModelSet(models.detector, models.classifier, again, models.models, models.runtime),  # type: ignore[arg-type]
        [record],
    )
    for (one, _), (other, _) in zip(pipeline.seen, again.seen, strict=True):
        assert np.array_equal(one, other), "not the same in every run"


@pytest.mark.slow
def test_covers_are_printed_with_real_faces(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "covers", "--data", str(data), "--images", "1"]
    assert main([*command, "--json", "--real", str(data / "faces" / "test.jsonl")]) == 0
    tables = json.loads(capsys.readouterr().out)
    for rows in tables.values():
        for row in rows.values():
            parts = (row[name] for name in (*CLASS_LABELS, "UNKNOWN"))
            assert row["faces"] == 0 or sum(parts) == pytest.approx(1)
    # One image of each folder has one bare face; in test.jsonl two of eight faces are bare.
    assert tables["uncovered bare faces, by source"]["drawn"]["faces"] == 2
    assert tables["uncovered faces, by label"]["below_mouth"]["faces"] == 1
    assert tables["bare faces of test.jsonl, by source"]["drawn"]["faces"] == 2
    by_label = tables["faces of test.jsonl, by label"]
    assert [by_label[label]["faces"] for label in CLASS_LABELS] == [2, 2, 2, 2]
    assert main([*command, "--real", str(data / "nothing.jsonl")]) == 2
    assert "expected a .jsonl file of labels" in capsys.readouterr().err


class EventfulPipeline:
    """Reports one violation in the third frame and its end in the fifth."""

    def __init__(self) -> None:
        self.frames = 0

    def reset(self) -> list[Event]:
        self.frames = 0
        return []

    def process(self, image: np.ndarray, stamp: float) -> FrameResult:
        self.frames += 1
        face = Detections.of_boxes(np.array([[40.0, 30, 20, 20]]), np.array([0.9]))
        face = face.with_(ids=np.array([7]))
        kinds = {3: EventKind.STARTED, 5: EventKind.RESOLVED}
        events = [
            Event(kinds[n], 7, WearStatus.NO_MASK, WearStatus.UNKNOWN, 0.8, 0.5, stamp, face)
            for n in [self.frames]
            if n in kinds
        ]
        return FrameResult(face, events=events)


def test_violations_in_a_clip_are_listed_with_their_faces(tmp_path: Path) -> None:
    frames = [np.full((96, 128, 3), 20 * number, np.uint8) for number in range(8)]
    clip = save_video(tmp_path / "walk.avi", frames, rate=10)
    run = run_clip(EventfulPipeline(), clip)  # type: ignore[arg-type]
    assert (run.clip, run.people) == ("walk.avi", 1)
    assert run.seconds == pytest.approx(0.7, abs=0.01)
    [event] = run.events  # the end of a violation is none
    row = event.row
    assert row["second"] == pytest.approx(0.2)
    assert (row["status"], row["person"]) == ("no_mask", 7)
    assert row["seconds of evidence"] == 0.5
    assert event.tile.image.mean() == pytest.approx(40, abs=3)  # of the third frame
    assert event.tile.caption == "walk, 0.2 s\nno mask 0.80"


def test_clips_are_found(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist; expected a folder of videos"):
        find_clips(tmp_path / "no")
    with pytest.raises(ValueError, match="contains no video"):
        find_clips(tmp_path)
    for name in ("b.mp4", "a.AVI", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_clips(tmp_path)] == ["a.AVI", "b.mp4"]


@pytest.mark.slow
def test_the_command_writes_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optional("matplotlib")
    folder = tmp_path / "clips"
    folder.mkdir()
    # Someone without a mask, who does not move.
    save_video(folder / "demo.mp4", [demo_frame(30)] * 45, rate=15)
    sheet = tmp_path / "sheet.jpg"
    assert main(["evaluate", "clips", str(folder), "--json", "--sheet", str(sheet)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["clips"]["demo.mp4"]["people"] >= 1
    assert printed["clips"]["demo.mp4"]["violation events"] == len(printed["events"]) >= 1
    assert {event["status"] for event in printed["events"]} <= {
        "no_mask", "below_mouth", "nose_exposed",
    }  # fmt: skip
    image = cv2.imread(str(sheet))
    assert image is not None and min(image.shape[:2]) > 100
    shutil.rmtree(folder)
    assert main(["evaluate", "clips", str(folder)]) == 2
    assert "expected a folder of videos" in capsys.readouterr().err


def cells(text: str, row: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(f"| {row} |")]
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


@pytest.mark.slow
def test_the_tables_of_the_model_cards(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", str(data)]
    assert main(["evaluate", "card", "face_detector", *options]) == 0
    text = capsys.readouterr().out
    assert cells(text, "images") == ["4", "4"]
    for row in ("**AP30** (finding)", "**AP50** (framing)", "AP30, faces 48+ px wide",
                "false faces per image at a recall of 0.85"):  # fmt: skip
        assert len(cells(text, row)) == 2
    for row in ("drawn", "darkest quarter", "tilted by 30°"):
        assert len(cells(text, row)) == 6
    assert main(["evaluate", "card", "mask_classifier", *options, "--splits", "val"]) == 0
    text = capsys.readouterr().out
    assert len(cells(text, "**macro F1**")) == 1
    assert len(cells(text, "**mean AP50**")) == 1
    assert len(cells(text, "gray")) == 7
    assert " to " in cells(text, "macro F1, 95 % confidence interval")[0]
    assert len(cells(text, "nose_exposed")) == 4  # of the confusion matrix
    assert main(["evaluate", "card", "everything", *options]) == 2
    assert "face_detector" in capsys.readouterr().err
