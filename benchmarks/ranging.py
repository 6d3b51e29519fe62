# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of the range: by face size and by depth, of single frames and filtered.

    python benchmarks/ranging.py [--people 200] [--seed 1]

A 640x480 camera with a 69 degree lens at 15 frames per second.

Simulated boxes: faces at known positions, projected through a distorted lens, with 1.5 times the
box jitter of the shipped detector.
Shipped detector: faces of the demo clip are warped into a noisy image at the size of each
distance. Their true width is calibrated by the detector's box at 2 m.
Filtered: the position filter's estimate after one second.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import cv2
import numpy as np

from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.filters import PositionFilter
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.ranging import ASPECT, measure_ranges, place
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import CameraModel, Detections
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import open_source

COLUMNS, ROWS = SIZE = (640, 480)
FOCAL_PX = 465.6
MATRIX = np.array([[FOCAL_PX, 0, 319.5], [0, FOCAL_PX, 239.5], [0, 0, 1.0]])
UNDISTORTED = CameraModel(MATRIX, np.zeros(0))
DISTORTED = CameraModel(MATRIX, np.array([-0.3, 0.1, 0.001, -0.001, 0.0]))
FRAME_S = 1 / 15
DISTANCES_M = (1.0, 2.0, 3.0, 4.0, 5.0)
PRIOR = RangingSettings()
KNOWN = replace(PRIOR, face_width_std=0.0, child_fraction=0.0)
JITTER, JITTER_PX = 0.03, 0.75
"""Standard deviation of a box side: fraction of the face width, plus pixels."""


def projected_box(center: np.ndarray, width: float) -> np.ndarray:
    """Box (xywh) of a frontal face at ``center`` in the image of the distorted camera."""
    forward = center / np.linalg.norm(center)
    right = np.cross([0, 1.0, 0], forward)
    right *= width / 2 / np.linalg.norm(right)
    down = np.cross(forward, right) * ASPECT
    sides = np.array([center - right, center + right, center - down, center + down])
    pixels, _ = cv2.projectPoints(sides, np.zeros(3), np.zeros(3), MATRIX, DISTORTED.distortion)
    (x0, _), (x1, _), (_, y0), (_, y1) = pixels.reshape(4, 2)
    return np.array([x0, y0, x1 - x0, y1 - y0])


class PersonRanging:
    """Ranging of one person over successive frames."""

    def __init__(self, camera: CameraModel, settings: RangingSettings) -> None:
        self._camera, self._settings = camera, settings
        self._filter = PositionFilter()
        self._frames = 0

    def update_box(
        self, box: np.ndarray, depth: DepthImage | None = None
    ) -> tuple[np.ndarray, ...]:
        """Position from the box in this frame alone, and filtered."""
        return self.update(Detections.of_boxes(box[None], np.ones(1)), depth)

    def update(self, faces: Detections, depth: DepthImage | None = None) -> tuple[np.ndarray, ...]:
        """Position from the one face in this frame alone, and filtered."""
        ranges = measure_ranges(faces, self._camera, SIZE, self._settings, depth)
        raw = place(faces, ranges)
        self._frames += 1
        filtered = self._filter.update(raw, [1], ranges, self._frames * FRAME_S, self._settings)
        return raw.positions[0], filtered.positions[0]


def simulated(z: float, people: int, rng: np.random.Generator, known: bool) -> list[np.ndarray]:
    """Relative range errors of single frames and filtered ones, with simulated boxes."""
    errors = []
    for _ in range(people):
        child = rng.random() < PRIOR.child_fraction
        width = rng.normal(PRIOR.child_width if child else PRIOR.face_width, 0.01)
        center = np.array([rng.uniform(-0.5, 0.5) * z, rng.uniform(-0.3, 0.1) * z, z])
        box = projected_box(center, PRIOR.face_width if known else width)
        ranging = PersonRanging(DISTORTED, KNOWN if known else PRIOR)
        for _ in range(15):
            jitter = rng.normal(0, 1, 4) * (JITTER_PX + JITTER * box[2]) / np.sqrt(2)
            positions = ranging.update_box(box + jitter)
        truth = np.linalg.norm(center)
        errors.append([np.linalg.norm(position) / truth - 1 for position in positions])
    return list(np.array(errors).T)


def demo_faces(pipeline: MaskPipeline) -> list[tuple[np.ndarray, float]]:
    """Crops of near faces with some background, and the widths of the faces in pixels."""
    found = []
    with open_source(find_resource("demo/patrol.mp4")) as clip:
        for frame in clip:
            if frame.index % 10:
                continue
            for x, y, w, h in pipeline.process(frame.image).faces.boxes:
                side = int(1.6 * h)
                left, top = int(x + w / 2 - side / 2), int(y + h / 2 - side / 2)
                inside = min(left, top) >= 0 and left + side <= COLUMNS and top + side <= ROWS
                if w >= 38 and inside:
                    crop = frame.image[top : top + side, left : left + side].copy()
                    found.append((crop, float(w)))
    return found[:: max(1, len(found) // 8)][:8]


def widening(pixel: np.ndarray) -> float:
    """Width of a frontal face at this pixel, relative to its width on the optical axis."""
    return float(np.hypot(1, (pixel[0] - MATRIX[0, 2]) / FOCAL_PX))


def rendered(
    crop: np.ndarray, width: float, target: float, background: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """An image with the face at a random place, and the center of the face in pixels.

    The face is ``target`` pixels wide on the optical axis, and wider toward the edges of the
    image, as a frontal face is.
    """
    half = len(crop) / 2
    margin = 1.2 * half * target / width + 2
    middle = np.array([rng.uniform(margin, COLUMNS - margin), rng.uniform(margin, ROWS - margin)])
    scale = target / width * widening(middle)
    warp = np.array([[scale, 0, middle[0] - half * scale], [0, scale, middle[1] - half * scale]])
    blurred = cv2.GaussianBlur(crop, (0, 0), max(0.4 * (1 / scale - 1), 0.01))
    ramp = np.minimum(np.linspace(0, 8, len(crop)), np.linspace(8, 0, len(crop))).clip(0, 1)
    mask = cv2.warpAffine(np.minimum.outer(ramp, ramp).astype(np.float32), warp, SIZE)[..., None]
    image = cv2.warpAffine(blurred, warp, SIZE) * mask + background * (1 - mask)
    noisy = image + rng.normal(0, 3, image.shape)
    return noisy.clip(0, 255).astype(np.uint8), middle


def detected(z: float, pipeline: MaskPipeline, rng: np.random.Generator) -> list[np.ndarray]:
    """Relative range errors with faces found by the shipped detector."""
    errors = []
    background = cv2.GaussianBlur(rng.uniform(0, 255, (ROWS, COLUMNS, 3)), (0, 0), 25)
    background = 110 + 6 * (background - background.mean())

    def find(crop: np.ndarray, width: float, z: float) -> Detections | None:
        """The face at a distance; None if missed."""
        target = FOCAL_PX * 0.15 / z
        image, middle = rendered(crop, width, target, background, rng)
        faces = pipeline.process(image).faces
        away = np.abs(faces.boxes[:, :2] + faces.boxes[:, 2:] / 2 - middle).max(axis=1)
        if not len(away) or away.min() > target:
            return None
        return faces[[int(np.argmin(away))]]

    for crop, width in demo_faces(pipeline):
        at_2_m = [find(crop, width, 2.0) for _ in range(10)]
        apparent = [PersonRanging(UNDISTORTED, KNOWN).update(f)[0][2] for f in at_2_m if f]
        known = replace(KNOWN, face_width=KNOWN.face_width * 2.0 / float(np.mean(apparent)))
        ranging = PersonRanging(UNDISTORTED, known)
        for _ in range(15):
            found = find(crop, width, z)
            if found is not None:
                positions = ranging.update(found)
                errors.append([position[2] / z - 1 for position in positions])
    return list(np.array(errors).T)


def depth_scene(box: np.ndarray, z: float, rng: np.random.Generator) -> DepthImage:
    """Depth image of a head, a body and a wall, with the errors of a cheap stereo camera."""
    v, u = np.mgrid[:ROWS, :COLUMNS].astype(np.float64)
    x, y, w, h = box
    across, down = (u - x - w / 2) / (w / 2), (v - y - h / 2) / (h / 2)
    depth = np.full((ROWS, COLUMNS), z + 1.5)
    depth[(np.abs(across) < 3.0) & (down > 1.25)] = z + 0.1
    bulge = 1 - across**2 - down**2
    depth[bulge > 0] = z + 0.095 * (1 - np.sqrt(bulge[bulge > 0]))
    depth += rng.normal(0, 1, depth.shape) * 0.004 * depth**2
    near, far = cv2.erode(depth, np.ones((5, 5))), cv2.dilate(depth, np.ones((5, 5)))
    edge = far - near > 0.5
    mixed = rng.random(depth.shape)
    depth = np.where(edge, mixed * near + (1 - mixed) * far, depth)
    shadow = np.roll(edge, -3, axis=1) & (rng.random(depth.shape) < 0.7)
    specks = cv2.resize(rng.random((ROWS // 4, COLUMNS // 4)), SIZE) < 0.25
    depth[shadow | specks] = 0
    return DepthImage(np.rint(1000 * depth).astype(np.uint16), 0.001)


def with_depth(z: float, people: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Relative range errors by depth, for people of unknown face width."""
    errors = []
    for _ in range(people):
        w = FOCAL_PX * rng.normal(0.147, 0.015) / z
        middle = rng.uniform((0.2 * COLUMNS, 0.25 * ROWS), (0.8 * COLUMNS, 0.6 * ROWS))
        box = np.array([*(middle - (w / 2, w * ASPECT / 2)), w, w * ASPECT])
        ranging = PersonRanging(UNDISTORTED, PRIOR)
        for _ in range(3):
            jitter = rng.normal(0, 1, 4) * (JITTER_PX + JITTER * w) / np.sqrt(2)
            positions = ranging.update_box(box + jitter, depth_scene(box, z, rng))
        errors.append([position[2] / z - 1 for position in positions])
    return list(np.array(errors).T)


def row(name: str, z: float, errors: list[np.ndarray]) -> str:
    """A table row: median and 95th percentile of single frames and of filtered ones."""
    cells = [f"{name:34}", f"{z:.0f} m"]
    for values in errors:
        cells += [f"{100 * np.median(values):+5.1f} %"]
        cells += [f"{100 * np.percentile(np.abs(values), 95):4.1f} %"]
    return "| " + " | ".join(cells) + " |"


def walking(rng: np.random.Generator, speed: float) -> str:
    """Table row: jitter and lag for a person walking to the camera from 5 m, or standing at 3 m."""
    raw, filtered = [], []
    for _ in range(20):
        ranging = PersonRanging(DISTORTED, KNOWN)
        for i in range(45):
            truth = np.array([0.0, 0.0, (5.0 if speed else 3.0) - speed * i * FRAME_S])
            box = projected_box(truth, PRIOR.face_width)
            jitter = rng.normal(0, 1, 4) * (JITTER_PX + JITTER * box[2]) / np.sqrt(2)
            positions = ranging.update_box(box + jitter)
            if i >= 15:
                raw.append(positions[0][2] - truth[2])
                filtered.append(positions[1][2] - truth[2])
    lag = f"{np.mean(filtered) - np.mean(raw):+.3f} m"
    return f"| {speed:.1f} m/s | {np.std(raw):.3f} m | {np.std(filtered):.3f} m | {lag} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200, help="simulated people per row")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    people = arguments.people
    pipeline = MaskPipeline(find_resource("models"))
    print("| | at | one frame: median | p95 | filtered: median | p95 |\n|---|---|---|---|---|---|")
    for z in DISTANCES_M:
        print(row("known width, simulated boxes", z, simulated(z, people, rng, known=True)))
    for z in DISTANCES_M:
        print(row("known width, shipped detector", z, detected(z, pipeline, rng)))
    for z in DISTANCES_M:
        print(row("adults and children, by face size", z, simulated(z, people, rng, known=False)))
    for z in DISTANCES_M:
        print(row("by depth", z, with_depth(z, people // 8, rng)))
    print("\n| speed | standard deviation of one frame | filtered | lag |\n|---|---|---|---|")
    for speed in (0.0, 0.7, 1.4):
        print(walking(rng, speed))


if __name__ == "__main__":
    main()
