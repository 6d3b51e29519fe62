# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The teachers' detections in the training images, stored in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mask_detector_training.array_files import read_npz, save_npz
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.teachers import CenterFace, DetectedFaces, YuNet

SAVE_EVERY = 500
"""Images after which the file is written, so that an interrupted run goes on from there."""
SURE_SCORE = 0.5
"""Score of YuNet from which CenterFace searches for the face on the enlarged image."""
SECOND = "second_"


class TeacherFile:
    """Detections of YuNet and of CenterFace by ``Record.key``."""

    def __init__(self, path: Path) -> None:
        """Read what the file holds, if it exists.

        Raises:
            ValueError: the file is damaged or another one.
        """
        self._path = path
        self._first: dict[str, DetectedFaces] = {}
        self._second: dict[str, DetectedFaces] = {}
        if path.is_file():
            stored = read_npz(path, "rows", "starts", "keys")
            self._first = _unpack(stored, "")
            if f"{SECOND}keys" in stored:
                self._second = _unpack(stored, SECOND)

    def detections(self, key: str) -> tuple[DetectedFaces, DetectedFaces | None]:
        """Detections of both teachers in an image; None if the second one did not see it."""
        return self._first.get(key, DetectedFaces.nothing()), self._second.get(key)

    def lacking_first(self, records: Iterable[Record]) -> list[Record]:
        """The records that YuNet did not see."""
        return [record for record in records if record.key not in self._first]

    def lacking_second(self, records: Iterable[Record]) -> list[Record]:
        """The records that CenterFace did not see."""
        return [record for record in records if record.key not in self._second]

    def run_first(self, records: Sequence[Record], weights: Path) -> None:
        """Run YuNet on images and store its detections.

        Raises:
            ValueError: the weights cannot be used.
        """
        teacher = YuNet(weights)
        self._run(records, self._first, "pseudo-labels", lambda r: teacher.detect(r.load()))

    def run_second(self, records: Sequence[Record], weights: Path) -> None:
        """Run CenterFace on images and store its detections.

        Raises:
            ValueError: the weights cannot be used.
        """
        teacher = CenterFace(weights)

        def detect(record: Record) -> DetectedFaces:
            first, _ = self.detections(record.key)
            return teacher.detect(record.load(), first.boxes[first.scores >= SURE_SCORE])

        self._run(records, self._second, "second teacher", detect)

    def _run(
        self,
        records: Sequence[Record],
        found: dict[str, DetectedFaces],
        text: str,
        detect: Callable[[Record], DetectedFaces],
    ) -> None:
        """Detect faces in images; the file is written every ``SAVE_EVERY`` images, and at last."""
        for number, record in enumerate(tqdm(records, desc=text, unit="image"), 1):
            found[record.key] = detect(record)
            if number % SAVE_EVERY == 0:
                self._save()
        self._save()

    def _save(self) -> None:
        second = _pack(self._second, SECOND) if self._second else {}
        save_npz(self._path, **_pack(self._first, ""), **second)


def _pack(found: dict[str, DetectedFaces], prefix: str) -> dict[str, object]:
    keys = sorted(found)
    parts = [found[key].rows for key in keys] or [DetectedFaces.nothing().rows]
    return {
        f"{prefix}rows": np.concatenate(parts).astype(np.float32),
        f"{prefix}starts": np.cumsum([0, *(len(found[key].boxes) for key in keys)]),
        f"{prefix}keys": np.array(keys, np.str_),
    }


def _unpack(stored: dict[str, np.ndarray], prefix: str) -> dict[str, DetectedFaces]:
    rows, starts = stored[f"{prefix}rows"], stored[f"{prefix}starts"]
    return {
        str(key): DetectedFaces.from_rows(rows[start:stop])
        for key, start, stop in zip(stored[f"{prefix}keys"], starts[:-1], starts[1:], strict=True)
    }
