# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector compare``: the comparison file, curves, and a comparison of two trainings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.cli import main
from mask_detector_ros.resources import find_resource
from mask_detector_training.classifier.classifier_data import Face
from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from support.drawn_data import write_data
from support.optional import optional

optional("sklearn")

from mask_detector_training.comparison.comparison_plan import Entry, read_plan  # noqa: E402
from mask_detector_training.comparison.curves import one_vs_rest, precision_recall, roc  # noqa: E402

PLAN = """
common:
  {backbone: plain, size: 32, head: 8, batch_size: 4, epochs: 2, steps_per_epoch: 2, minutes: 0}
configurations:
  - name: As it is
  - {name: "Three, by hinge", classes: 3, loss: mse+hinge, optimizer: adam}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text)
    return path


def test_a_plan_is_read(tmp_path: Path) -> None:
    first, second = read_plan(write(tmp_path, PLAN))
    assert (first.name, first.slug, first.recipe.loop.optimizer) == (
        "As it is",
        "as_it_is",
        "adamw",
    )
    assert second.slug == "three_by_hinge"
    assert (second.recipe.classes, second.recipe.head) == (3, "8")


def test_the_shipped_plan_can_be_read() -> None:
    entries = read_plan(find_resource("config") / "comparison.yaml")
    assert 5 <= len(entries) <= 8
    assert len({entry.recipe.loop.steps for entry in entries}) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("configurations: [", "not valid YAML"),
        ("common: {}", "expected a list 'configurations'"),
        ("configurations: [{backbone: plain}]", "configuration 1: expected fields, name"),
        ("{shared: {}, configurations: [{name: a}]}", "there is no shared"),
        ("configurations: [{name: a, bakbone: plain}]", "'a': there is no bakbone"),
        ("configurations: [{name: a, loss: l1}]", "'a': loss 'l1'"),
        ("configurations: [{name: a}, {name: A}]", "names must differ"),
    ],
)
def test_a_wrong_plan_is_explained(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_plan(write(tmp_path, text))


def test_curves_by_hand() -> None:
    positives = np.array([True, False, True, False, True])
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.3])
    roc_curve = roc(positives, scores)
    assert roc_curve.x.tolist() == [0, 0, 0.5, 0.5, 1]
    assert roc_curve.y == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1])
    # Of the six pairs of a positive and a negative, three are in order, and one is a tie.
    assert roc_curve.area == pytest.approx((3 + 0.5) / 6)
    curve = precision_recall(positives, scores)
    assert curve.x == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1])
    assert curve.y == pytest.approx([1, 1, 1 / 2, 2 / 3, 3 / 5])
    assert curve.area == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert np.isnan(roc(np.ones(3, bool), scores[:3]).area)
    assert np.isnan(precision_recall(np.zeros(3, bool), scores[:3]).area)


scored = st.tuples(st.booleans(), st.integers(0, 5))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows=st.lists(scored, max_size=30))
def test_areas_agree_with_counting(rows: list[tuple[bool, int]]) -> None:
    """AUC: fraction of pairs in order, ties half; AP: mean precision at the positives."""
    positives = np.array([positive for positive, _ in rows], bool)
    scores = np.array([score for _, score in rows])
    high, low = scores[positives], scores[~positives]
    pairs = [float(a > b) + 0.5 * float(a == b) for a in high for b in low]
    expected_auc = np.mean(pairs) if pairs else np.nan
    precisions = [positives[scores >= score].mean() for score in high]
    expected_ap = np.mean(precisions) if precisions else np.nan
    np.testing.assert_allclose(roc(positives, scores).area, expected_auc, atol=1e-9)
    np.testing.assert_allclose(precision_recall(positives, scores).area, expected_ap, atol=1e-9)


def test_classes_without_faces_are_left_out_of_the_mean() -> None:
    truth = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    assert one_vs_rest(roc, truth, probabilities).area == pytest.approx(3 / 4)


def test_violations_depend_on_the_classes() -> None:
    optional("onnx")
    from mask_detector_training.comparison.comparison_report import _violation
    from mask_detector_training.comparison.entry_training import TrainedEntry

    def trained(*classes: int) -> list[TrainedEntry]:
        truth, probabilities = np.zeros(0, int), np.zeros((0, 4))
        return [
            TrainedEntry(
                Entry(f"of {n}", ClassifierRecipe(classes=n)), [], truth, probabilities, 0, 0.0
            )
            for n in classes
        ]

    assert _violation(trained(4, 3)).endswith("every class but correct.")
    assert _violation(trained(4, 2)).endswith(
        "but correct; for of 2, with two classes: no mask or below mouth."
    )
    assert _violation(trained(2)) == "*Violation*: no mask or below mouth."


def test_from_the_plan_to_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tensorflow", "onnx", "matplotlib"):
        optional(name)
    from mask_detector_training.comparison import entry_training

    data = write_data(tmp_path / "data", scenes=4)
    out, file = tmp_path / "out", write(tmp_path, PLAN)
    command = ["compare", str(file), "--out", str(out), "--data", str(data), "--workers", "1"]
    assert main(command) == 0
    kept = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.npz")}

    page = (out / "README.md").read_text()
    for name in ("accuracy", "loss", "roc", "precision_recall", "classes"):
        assert f"({name}.png)" in page
        assert 3_000 < (out / f"{name}.png").stat().st_size < 100_000
    assert "| As it is | 4 | ce | adamw |" in page
    assert "| Three, by hinge | incorrect |" in page
    assert "|\n\nCommon: backbone plain, size 32, head 8, " in page
    assert str(tmp_path) not in page
    first, second = json.loads((out / "comparison.json").read_text())
    assert len(first["history"]) == 2
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(first["history"][0])
    assert set(second["classes"]) == {"no_mask", "incorrect", "correct"}
    assert 0 <= first["metrics"]["violation ROC AUC"] <= 1
    assert (out / "comparison.csv").read_text().count("\n") == 3

    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.count("is finished") == 2
    assert kept == {path: path.stat().st_mtime_ns for path in kept}

    # With other labels the predictions are computed again, a few faces at a time.
    labels = data / "crops" / "val.jsonl"
    sizes: list[int] = []
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:2]))
    monkeypatch.setattr(entry_training, "FACES_PER_BATCH", 3)
    cut = entry_training.crop_faces

    def cut_and_count(faces: list[Face], size: int) -> np.ndarray:
        sizes.append(len(faces))
        return cut(faces, size)

    monkeypatch.setattr(entry_training, "crop_faces", cut_and_count)
    assert main(command) == 0
    assert "on the 10 faces of `val`" in (out / "README.md").read_text()
    assert sizes == [3, 3, 3, 1] * 2
    file.write_text(PLAN.replace("head: 8", "head: 16"))
    assert main(command) == 2
    assert "'As it is' with other settings (head); give" in capsys.readouterr().err
