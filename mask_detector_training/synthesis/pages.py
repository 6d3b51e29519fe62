# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Contact sheets of synthetic masks and covers on the faces of a source, one file per page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray
from mask_detector_training.data.datasets import Record
from mask_detector_training.synthesis.dataset import (
    Summary,
    SynthesisSettings,
    no_suitable_face,
    write_jpeg,
)
from mask_detector_training.synthesis.face_finder import FaceFinder
from mask_detector_training.synthesis.sheet import contact_sheet

MAX_FACES = 48
FACES_PER_PAGE = 8
_JPEG_QUALITY = 88

SheetFace = tuple[Record, FloatArray, FloatArray, FloatArray | None]
"""An image, and box (4,), landmarks (5, 2) and mesh (MESH_POINTS, 3) or None of a face in it."""


def write_sheets(
    records: Sequence[Record],
    labeled: bool,
    finder: FaceFinder,
    out: Path,
    settings: SynthesisSettings,
    tile: int,
) -> tuple[list[Path], Summary]:
    """Write ``sheet_01.jpg`` and so on, with ``FACES_PER_PAGE`` faces each.

    At most ``MAX_FACES`` faces are drawn: random ones of a data folder, otherwise the first.

    Returns:
        The files, and a summary.

    Raises:
        ValueError: no face is suitable; the message has the reasons.
    """
    order = np.arange(len(records))
    if labeled:
        np.random.default_rng(settings.seed).shuffle(order)
    faces, skipped = _gather([records[int(i)] for i in order], labeled, finder)
    if not faces:
        raise ValueError(no_suitable_face(settings.source, skipped))
    summary = Summary(Counter({"on sheets": len(faces)}), skipped)
    sheets = []
    for page, start in enumerate(range(0, len(faces), FACES_PER_PAGE), start=1):
        rng = np.random.default_rng((settings.seed, page))
        page_faces = faces[start : start + FACES_PER_PAGE]
        rows = ((r.load(), box, points, mesh) for r, box, points, mesh in page_faces)
        sheet = contact_sheet(
            rows,
            rng,
            tile=tile,
            kinds=settings.kinds,
            statuses=settings.statuses,
            covers=settings.covers,
        )
        sheets.append(out / f"sheet_{page:02d}.jpg")
        write_jpeg(sheets[-1], sheet, _JPEG_QUALITY)
    return sheets, summary


def _gather(
    records: Sequence[Record], labeled: bool, finder: FaceFinder
) -> tuple[list[SheetFace], Counter[str]]:
    """The first suitable faces, and the number of skipped faces by reason."""
    faces: list[SheetFace] = []
    skipped = Counter[str]()
    with tqdm(total=MAX_FACES, desc="faces", unit="face") as bar:
        for record in records:
            source = finder.find(record, labeled)
            skipped += source.skipped
            found = [
                (source.record, source.record.boxes[i], source.landmarks[i], source.meshes.get(i))
                for i in source.suitable[: MAX_FACES - len(faces)]
            ]
            faces += found
            bar.update(len(found))
            if len(faces) == MAX_FACES:
                break
    return faces, skipped
