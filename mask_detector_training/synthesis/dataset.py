# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labeled data folders of images with synthetic masks; an interrupted synthesis can resume."""

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

from mask_detector_ros.arrays import Image
from mask_detector_ros.atomic_files import write_atomically
from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.data.datasets import FACE, Record
from mask_detector_training.synthesis.covers import cover_hides_mouth, draw_cover
from mask_detector_training.synthesis.face_finder import BareFaces, FaceFinder
from mask_detector_training.synthesis.mask_drawing import draw_mask
from mask_detector_training.synthesis.style import random_style

SOURCE = "synthesized"
SETTINGS = "synthesis.json"
JPEG_QUALITY = 95
_SAVE_INTERVAL = 50


@dataclass(frozen=True)
class SynthesisSettings:
    """Settings of a synthesis; equal settings and source images give equal results.

    Attributes:
        source: path of the bare faces as given by the user.
        split: split of the source data folder and of the result.
        teacher: file name of the teacher, or None.
        kinds: mask kinds; if empty, all with typical frequencies.
        statuses: wear statuses, with equal frequencies.
        seed: seed of the random generator.
        covers: kinds of covers; if there are some, every second face gets one, not a mask.
        placement: ``landmarks``, or ``mesh``: along a face mesh.
    """

    source: str
    split: str
    teacher: str | None
    kinds: tuple[str, ...]
    statuses: tuple[str, ...]
    seed: int
    covers: tuple[str, ...] = ()
    placement: str = "landmarks"


@dataclass
class Summary:
    """Result of a synthesis.

    Attributes:
        drawn: number of faces drawn on, by status.
        skipped: number of skipped faces and images by reason.
        images: number of images in the folder.
    """

    drawn: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    images: int = 0


def draw_on_faces(
    source: BareFaces, settings: SynthesisSettings, rng: np.random.Generator
) -> tuple[Image, list[dict[str, Any]]]:
    """Draw a mask or a cover on every suitable face of an image.

    Returns:
        The image (H, W, 3) uint8 BGR and its faces as in a label file. A face whose mouth is
        hidden by a cover has the status ``face``. Other faces keep their labels; in unlabeled
        images they are ``ignore``.
    """
    record = source.record
    image = record.load()
    statuses = list(record.statuses if source.labeled else ("ignore",) * len(record.boxes))
    # Larger faces are nearer, and their masks cover those behind.
    for index in sorted(source.suitable, key=lambda i: record.boxes[i][2]):
        at = (record.boxes[index], source.landmarks[index], source.meshes.get(index))
        if settings.covers and rng.random() < 0.5:
            cover = str(rng.choice(settings.covers))
            statuses[index] = FACE if cover_hides_mouth(cover) else WearStatus.NO_MASK.label
            image = draw_cover(image, cover, box=at[0], landmarks=at[1], mesh=at[2], rng=rng)
            continue
        statuses[index] = str(rng.choice(settings.statuses))
        image = draw_mask(
            image, WearStatus[statuses[index].upper()], box=at[0], landmarks=at[1], mesh=at[2],
            style=random_style(rng, settings.kinds) if settings.kinds else None, rng=rng,
        )  # fmt: skip
    boxes = record.boxes.astype(np.float64).round(1).tolist()
    return image, [{"box": b, "status": s} for b, s in zip(boxes, statuses, strict=True)]


class _Labels:
    """The label files of a folder, one for ``faces`` and one for ``crops``."""

    def __init__(self, out: Path, settings: SynthesisSettings) -> None:
        self._out, self._split = out, settings.split
        self._rows: dict[str, list[dict[str, Any]]] = {"faces": [], "crops": []}
        files = {folder: out / folder / f"{settings.split}.jsonl" for folder in self._rows}
        requested = json.loads(json.dumps(asdict(settings)))
        if (out / SETTINGS).is_file():
            stored = json.loads((out / SETTINGS).read_text(encoding="utf-8"))
            changed = [key for key, value in requested.items() if stored.get(key) != value]
            if changed:
                raise ValueError(
                    f"{out} was made with another {' and '.join(changed)}; use the same to resume, "
                    "or choose another --out"
                )
        elif any((out / folder).exists() for folder in self._rows):
            raise ValueError(f"{out} holds a data folder of another origin; choose another --out")
        else:
            write_atomically(out / SETTINGS, json.dumps(requested, indent=2) + "\n")
        for folder, file in files.items():
            if file.is_file():
                lines = file.read_text(encoding="utf-8").splitlines()
                self._rows[folder] = [json.loads(line) for line in lines]

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    @property
    def next_number(self) -> int:
        """Number of the next image."""
        rows = [row for rows in self._rows.values() for row in rows]
        return 1 + max((int(Path(row["image"]).stem.rsplit("_", 1)[1]) for row in rows), default=-1)

    def add(self, folder: str, row: dict[str, Any]) -> None:
        self._rows[folder].append(row)
        if len(self) % _SAVE_INTERVAL == 0:
            self.save()

    def save(self) -> None:
        for folder, rows in self._rows.items():
            if rows:
                lines = "".join(json.dumps(row) + "\n" for row in rows)
                write_atomically(self._out / folder / f"{self._split}.jsonl", lines)


def synthesize(
    records: Sequence[Record],
    labeled: bool,
    finder: FaceFinder,
    out: Path,
    count: int,
    settings: SynthesisSettings,
) -> Summary:
    """Fill a data folder with images of synthetic masks, up to ``count`` images.

    The source images are used in random order, and repeatedly with other masks. An image has
    the duplicate group of its source image, so that splits stay separate. All files are
    written atomically, and an interrupted call can be resumed.

    Raises:
        ValueError: no face is suitable, with the reasons; or the folder has other content.
    """
    labels = _Labels(out, settings)
    order = np.random.default_rng(settings.seed).permutation(len(records))
    sources: dict[int, BareFaces] = {}
    summary = Summary(images=len(labels))
    number = labels.next_number
    bar = tqdm(total=count, initial=min(len(labels), count), desc="synthesize", unit="image")
    try:
        while len(labels) < count:
            index = int(order[number % len(order)])
            if index not in sources:
                sources[index] = finder.find(records[index], labeled)
                summary.skipped += sources[index].skipped
                if len(sources) == len(order) and not any(s.suitable for s in sources.values()):
                    raise ValueError(no_suitable_face(settings.source, summary.skipped))
            source = sources[index]
            if source.suitable:
                rng = np.random.default_rng((settings.seed, number))
                row = _write(source, settings, rng, out, number)
                labels.add(source.record.folder, row)
                summary.drawn.update(row["faces"][face]["status"] for face in source.suitable)
                bar.update()
            number += 1
    finally:
        bar.close()
        labels.save()
    summary.images = len(labels)
    return summary


def no_suitable_face(source: str, skipped: Counter[str]) -> str:
    """Error text for a source without suitable faces."""
    if not skipped:
        return f"no face found in {source}; use images with bare faces"
    return (
        f"no face in {source} is suitable for a synthetic mask: {format_counts(skipped)}; "
        "use larger frontal images of bare faces"
    )


def format_counts(counts: Counter[str]) -> str:
    """Total and counts in descending order: ``3 (2 too small, 1 already masked)``."""
    if not counts:
        return "0"
    listed = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    return f"{counts.total()} ({listed})"


def _write(
    source: BareFaces,
    settings: SynthesisSettings,
    rng: np.random.Generator,
    out: Path,
    number: int,
) -> dict[str, Any]:
    """Draw and write one image; returns its row for the label file."""
    image, faces = draw_on_faces(source, settings, rng)
    name = f"images/drawn_{settings.seed}_{number:06d}.jpg"
    write_jpeg(out / source.record.folder / name, image)
    return {
        "image": name,
        "source": SOURCE,
        "width": image.shape[1],
        "height": image.shape[0],
        "group": source.record.group,
        "faces": faces,
    }


def write_jpeg(path: Path, image: Image, quality: int = JPEG_QUALITY) -> None:
    """Write a JPEG file atomically."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    write_atomically(path, data.tobytes())
