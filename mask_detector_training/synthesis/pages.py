# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Contact sheets of the faces in pictures, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception.types import FloatArray
from mask_detector_training.data.datasets import Record
from mask_detector_training.synthesis.dataset import (
    Recipe,
    Summary,
    nothing_to_dress,
    write_jpeg,
)
from mask_detector_training.synthesis.scenes import Finder
from mask_detector_training.synthesis.sheet import contact_sheet

MOST_FACES = 48
ROWS = 8
_QUALITY = 88

Shown = tuple[Record, FloatArray, FloatArray]
"""A picture, the box (4,) and the landmarks (5, 2) of a face in it."""


def write_sheets(
    records: Sequence[Record],
    labeled: bool,
    finder: Finder,
    out: Path,
    recipe: Recipe,
    tile: int,
) -> tuple[list[Path], Summary]:
    """Write ``sheet_01.jpg`` and so on, each with at most ``ROWS`` faces.

    Of labeled data ``MOST_FACES`` random faces are shown, of pictures the first ones.

    Raises:
        ValueError: no face can be dressed (says why).
    """
    order = np.arange(len(records))
    if labeled:
        np.random.default_rng(recipe.seed).shuffle(order)
    faces, skipped = _gather([records[int(i)] for i in order], labeled, finder)
    if not faces:
        raise ValueError(nothing_to_dress(recipe.source, skipped))
    summary = Summary(Counter({"on sheets": len(faces)}), skipped)
    sheets = []
    for page, start in enumerate(range(0, len(faces), ROWS), start=1):
        rng = np.random.default_rng((recipe.seed, page))
        rows = ((r.load(), box, points) for r, box, points in faces[start : start + ROWS])
        sheet = contact_sheet(rows, rng, tile=tile, kinds=recipe.kinds, statuses=recipe.statuses)
        sheets.append(out / f"sheet_{page:02d}.jpg")
        write_jpeg(sheets[-1], sheet, _QUALITY)
    return sheets, summary


def _gather(
    records: Sequence[Record], labeled: bool, finder: Finder
) -> tuple[list[Shown], Counter[str]]:
    """The first faces that can be dressed, and how many cannot, by reason."""
    faces: list[Shown] = []
    skipped = Counter[str]()
    with tqdm(total=MOST_FACES, desc="faces", unit="face") as bar:
        for record in records:
            scene = finder.scene(record, labeled)
            skipped += scene.skipped
            found = [(scene.record, scene.record.boxes[i], scene.landmarks[i]) for i in scene.bare][
                : MOST_FACES - len(faces)
            ]
            faces += found
            bar.update(len(found))
            if len(faces) == MOST_FACES:
                break
    return faces, skipped
