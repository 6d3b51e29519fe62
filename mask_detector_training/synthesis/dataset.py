# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A labeled data folder of drawn masks, which goes on where it was interrupted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from mask_detector_ros.atomic_files import write_whole
from mask_detector_ros.perception.types import Image, WearStatus
from mask_detector_training.data.datasets import Record
from mask_detector_training.synthesis.draw import draw_mask
from mask_detector_training.synthesis.scenes import Finder, Scene
from mask_detector_training.synthesis.style import random_style

SOURCE = "synthesized"
SETTINGS = "synthesis.json"
QUALITY = 95
_SAVE_EVERY = 50


@dataclass(frozen=True)
class Recipe:
    """What is drawn; the same recipe always gives the same pictures.

    Attributes:
        source: where the bare faces are from, as the user named it.
        split: of a data folder, and of what is written.
        teacher: file name of the teacher, or None.
        kinds: mask kinds to draw; all, as often as one meets them, when empty.
        statuses: how masks are worn, each as often.
        seed: of all chance.
    """

    source: str
    split: str
    teacher: str | None
    kinds: tuple[str, ...]
    statuses: tuple[str, ...]
    seed: int


@dataclass
class Summary:
    """Faces dressed by status, faces skipped by reason, pictures in the folder."""

    dressed: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    pictures: int = 0


def dress(
    scene: Scene, recipe: Recipe, rng: np.random.Generator
) -> tuple[Image, list[dict[str, Any]]]:
    """Draw a mask on every face that can be dressed.

    Returns:
        (H, W, 3) uint8 BGR and the faces as a label file has them. Faces without a mask
        drawn on keep their labels; those no person labeled are ``ignore``.
    """
    record = scene.record
    image = record.load()
    statuses = list(record.statuses if scene.labeled else ("ignore",) * len(record.boxes))
    # Larger faces are nearer, and their masks before those of others.
    for index in sorted(scene.bare, key=lambda i: record.boxes[i][2]):
        statuses[index] = str(rng.choice(recipe.statuses))
        image = draw_mask(
            image, WearStatus[statuses[index].upper()], box=record.boxes[index],
            landmarks=scene.landmarks[index], rng=rng,
            style=random_style(rng, recipe.kinds) if recipe.kinds else None,
        )  # fmt: skip
    boxes = record.boxes.astype(np.float64).round(1).tolist()
    return image, [{"box": b, "status": s} for b, s in zip(boxes, statuses, strict=True)]


class _Labels:
    """The label files of the folder, one per part of the data."""

    def __init__(self, out: Path, recipe: Recipe) -> None:
        self._out, self._split = out, recipe.split
        self._rows: dict[str, list[dict[str, Any]]] = {"faces": [], "crops": []}
        files = {folder: out / folder / f"{recipe.split}.jsonl" for folder in self._rows}
        wanted = json.loads(json.dumps(asdict(recipe)))
        if (out / SETTINGS).is_file():
            before = json.loads((out / SETTINGS).read_text(encoding="utf-8"))
            other = [key for key, value in wanted.items() if before.get(key) != value]
            if other:
                raise ValueError(
                    f"{out} was made with another {' and '.join(other)}; give the same to go on, "
                    "or choose another --out"
                )
        elif any((out / folder).exists() for folder in self._rows):
            raise ValueError(
                f"{out} holds a data folder that is not from this command; choose another --out"
            )
        else:
            write_whole(out / SETTINGS, json.dumps(wanted, indent=2) + "\n")
        for folder, file in files.items():
            if file.is_file():
                lines = file.read_text(encoding="utf-8").splitlines()
                self._rows[folder] = [json.loads(line) for line in lines]

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    @property
    def next_number(self) -> int:
        """One more than that of the last picture."""
        rows = [row for rows in self._rows.values() for row in rows]
        return 1 + max((int(Path(row["image"]).stem.rsplit("_", 1)[1]) for row in rows), default=-1)

    def add(self, folder: str, row: dict[str, Any]) -> None:
        self._rows[folder].append(row)
        if len(self) % _SAVE_EVERY == 0:
            self.save()

    def save(self) -> None:
        for folder, rows in self._rows.items():
            if rows:
                lines = "".join(json.dumps(row) + "\n" for row in rows)
                write_whole(self._out / folder / f"{self._split}.jsonl", lines)


def synthesize(
    records: Sequence[Record],
    labeled: bool,
    finder: Finder,
    out: Path,
    count: int,
    recipe: Recipe,
) -> Summary:
    """Fill a folder up to ``count`` dressed pictures, in the layout of the training data.

    Pictures are taken in random order, again with other masks once all had their turn. The
    group of a picture is that of the original, so that splits stay clean. Pictures and label
    files are whole at any time; what an interrupted call left is gone on from.

    Raises:
        ValueError: no face can be dressed (says why), or the folder holds something else.
    """
    labels = _Labels(out, recipe)
    order = np.random.default_rng(recipe.seed).permutation(len(records))
    scenes: dict[int, Scene] = {}
    summary = Summary(pictures=len(labels))
    number = labels.next_number
    bar = tqdm(total=count, initial=min(len(labels), count), desc="synthesize", unit="picture")
    try:
        while len(labels) < count:
            place = int(order[number % len(order)])
            if place not in scenes:
                scenes[place] = finder.scene(records[place], labeled)
                summary.skipped += scenes[place].skipped
                if len(scenes) == len(order) and not any(s.bare for s in scenes.values()):
                    raise ValueError(nothing_to_dress(recipe.source, summary.skipped))
            if scenes[place].bare:
                rng = np.random.default_rng((recipe.seed, number))
                row = _write(scenes[place], recipe, rng, out, number)
                labels.add(scenes[place].record.folder, row)
                summary.dressed.update(
                    row["faces"][index]["status"] for index in scenes[place].bare
                )
                bar.update()
            number += 1
    finally:
        bar.close()
        labels.save()
    summary.pictures = len(labels)
    return summary


def nothing_to_dress(source: str, skipped: Counter[str]) -> str:
    """Why no face of a source can be dressed, and what to do."""
    if not skipped:
        return f"no face found in {source}; give pictures that show bare faces"
    return (
        f"no face in {source} can be dressed: {reasons(skipped)}; "
        "give larger pictures of bare faces seen from the front"
    )


def reasons(counts: Counter[str]) -> str:
    """Counts in words, the largest first: ``3 (2 too small, 1 already masked)``."""
    if not counts:
        return "0"
    parts = ", ".join(f"{number} {what}" for what, number in counts.most_common())
    return f"{counts.total()} ({parts})"


def _write(
    scene: Scene, recipe: Recipe, rng: np.random.Generator, out: Path, number: int
) -> dict[str, Any]:
    """Draw and write one picture; its row for the label file."""
    image, faces = dress(scene, recipe, rng)
    name = f"images/drawn_{recipe.seed}_{number:06d}.jpg"
    write_jpeg(out / scene.record.folder / name, image)
    return {
        "image": name,
        "source": SOURCE,
        "width": image.shape[1],
        "height": image.shape[0],
        "group": scene.record.group,
        "faces": faces,
    }


def write_jpeg(path: Path, image: Image, quality: int = QUALITY) -> None:
    """Write a picture whole or not at all."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    write_whole(path, data.tobytes())
