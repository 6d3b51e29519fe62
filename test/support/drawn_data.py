# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of training data with simple drawings, in the layout of the real data."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.perception.types import CLASS_LABELS


def draw_face(image: np.ndarray, box: tuple[int, int, int, int], status: str) -> None:
    """Draw an ellipse with eyes, and a mask according to the status."""
    x, y, w, h = box
    cv2.ellipse(image, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, (140, 170, 220), -1)
    for eye in (0.3, 0.7):
        cv2.circle(
            image, (round(x + eye * w), round(y + 0.4 * h)), max(1, w // 12), (30, 20, 20), -1
        )
    tops = {"correct": 0.5, "nose_exposed": 0.65, "below_mouth": 0.85}
    if status in tops:
        top = round(y + tops[status] * h)
        cv2.rectangle(image, (x, top), (x + w, y + h), (230, 200, 120), -1)


def write_data(root: Path, scenes: int = 6) -> Path:
    """Write ``faces`` and ``crops`` with train, val and test; returns ``root``."""
    random = np.random.default_rng(3)
    for folder, (width, height) in (("faces", (200, 150)), ("crops", (96, 96))):
        for split in ("train", "val", "test"):
            rows = []
            for number in range(scenes):
                image = random.integers(60, 200, (height, width, 3), np.uint8)
                image = cv2.GaussianBlur(image, (0, 0), 3)
                faces = []
                for column in range(2 if folder == "faces" else 1):
                    status = CLASS_LABELS[(number + column) % len(CLASS_LABELS)]
                    w = int(random.integers(36, 50))
                    box = (20 + 90 * column, 25 + int(random.integers(0, 10)), w, round(1.2 * w))
                    draw_face(image, box, status)
                    faces.append({"box": list(box), "status": status})
                name = f"images/{split}_{number}.png"
                path = root / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), image)
                rows.append(
                    {
                        "image": name,
                        "source": "drawn",
                        "width": width,
                        "height": height,
                        "group": f"{folder}{split}{number}",
                        "faces": faces,
                    }
                )
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (root / folder / f"{split}.jsonl").write_text(lines)
    return root
