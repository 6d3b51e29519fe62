# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector evaluate report``: complete and correct, and one self-contained page."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

import mask_detector_ros
from mask_detector_ros.cli import main
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.resources import find_resource
from support.drawn_data import write_data
from support.optional import optional

optional("matplotlib")
optional("markdown")
optional("sklearn")

HEADINGS = (
    "# Evaluation report",
    "## Face detector",
    "### Precision-recall",
    "### By source",
    "### By brightness of the face",
    "### By tilt",
    "## Mask classifier",
    "### Confusion matrix",
    "### By class",
    "### By face width",
    "### In gray, dark and tilted images",
    "### Calibration (reliability diagram)",
    "### Class mappings",
    "## Status UNKNOWN",
    "### Accuracy with and without UNKNOWN",
    "## Pipeline",
    "## Worst errors",
    "### Worst false faces",
    "### Missed faces",
    "### Worst misclassifications",
    "## Data, models and command",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn images with wrong labels, so that errors of every kind occur."""
    root = write_data(tmp_path_factory.mktemp("data"), scenes=3)
    file = root / "faces" / "val.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["faces"].pop()  # its detection is a false positive
    rows[1]["faces"].append({"box": [60, 90, 40, 50], "status": "correct"})  # never detected
    rows[2]["faces"][0]["status"] = "incorrect"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.fixture(scope="module")
def out(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    command = ["evaluate", "report", "--data", str(data), "--out", str(folder)]
    assert main([*command, "--masked", "below_mouth", "nose_exposed"]) == 0
    return folder


def test_an_unwritable_folder_is_reported_first(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    # The folder is checked before the models, which are missing.
    command = ["evaluate", "report", "--data", str(data), "--models", str(tmp_path)]
    assert main([*command, "--out", str(file)]) == 2
    assert f"{file / 'report.md'} cannot be written" in capsys.readouterr().err


def rows_below(text: str, heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, its header first."""
    below = text.split(f"\n{heading}\n", 1)[1]
    lines = below[below.index("|") :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_all_sections_in_order(out: Path) -> None:
    text = (out / "report.md").read_text()
    places = [f"\n{text}".index(f"\n{heading}\n") for heading in HEADINGS]
    assert places == sorted(places)
    # The warning comes before all results.
    assert "photographs of people" in text[: text.index("| metric |")]
    for metric in (
        "AP30 (finding), faces from 12 px", "AP50 (framing), faces from 12 px",
        "recall at IoU 0.3", "false faces per image", "mean AP50",
        "macro F1 over four classes, faces from 24 px",
        "1 % false alarms, faces from 32 px", "calibration error", "UNKNOWN", "file size, tflite",
        "file size, onnx",
    ):  # fmt: skip
        assert metric in text[: text.index("## Face detector")], metric


def test_data_models_and_command_are_listed(data: Path, out: Path) -> None:
    text = (out / "report.md").read_text()
    made = text[text.index("## Data, models and command") :]
    models = load_manifest(find_resource("models"))
    assert len(models) == 2
    for model in models.values():
        for file in model.files.values():
            assert file.sha256 in made
    assert mask_detector_ros.__version__ in made
    assert str(data) in made
    assert "3 images, 6 labeled faces" in made  # faces/: one face removed, one added
    assert "3 images, 3 labeled faces" in made  # crops/
    assert f"mask_detector evaluate report --data {data} --split val" in made
    assert "--masked below_mouth nose_exposed" in made


def test_counts_match_the_labels(out: Path) -> None:
    text = (out / "report.md").read_text()
    confusion = rows_below(text, "### Confusion matrix")
    assert confusion[0][1:] == ["no_mask", "below_mouth", "nose_exposed", "correct"]
    counts = np.array([[int(cell) for cell in row[1:]] for row in confusion[2:]])
    assert counts.sum() == 8  # 9 faces, one of them labeled `incorrect`
    mappings = {row[0]: row[1] for row in rows_below(text, "### Class mappings")[2:]}
    assert mappings == {"4 classes": "8", "3 classes": "9", "2 classes": "8"}
    assert "`below_mouth` counts as `mask`" in text
    assert re.search(r"### Missed faces\n\nTotal: [1-9]", text)
    assert re.search(r"### Worst false faces\n\nTotal: [1-9]", text)


def test_images_are_small_and_beside_the_text(out: Path) -> None:
    named = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (out / "report.md").read_text())
    assert set(named) >= {
        "precision_recall.png", "confusion.png", "calibration.png", "false_faces.jpg",
        "missed_faces.jpg",
    }  # fmt: skip
    for name in named:
        image = cv2.imread(str(out / name))
        assert image is not None, name
        assert min(image.shape[:2]) > 100, name
        assert image.std() > 5, f"{name} is empty"
        assert (out / name).stat().st_size < 300e3, name


class Page(HTMLParser):
    """Checks that every element is closed, and records tags and embedded images."""

    VOID = ("meta", "img", "br", "hr", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href"):
                assert (value or "").startswith("data:image/"), value
                self.images.append(str(value))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_self_contained(out: Path) -> None:
    text, html = (out / "report.md").read_text(), (out / "report.html").read_text()
    page = Page()
    page.feed(html)
    assert page.open == []
    assert "<script" not in html
    assert "border-collapse" in html  # the style is embedded
    assert page.tags.count("table") == len(re.findall(r"^\| ---", text, re.MULTILINE))
    assert page.images
    assert len(page.images) == len(re.findall(r"^!\[", text, re.MULTILINE))
    for image in page.images:
        content = np.frombuffer(base64.b64decode(image.split(",", 1)[1]), np.uint8)
        assert cv2.imdecode(content, cv2.IMREAD_COLOR) is not None
    for heading in HEADINGS:
        assert f">{heading.lstrip('# ')}</h" in html
