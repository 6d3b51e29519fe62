# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far off positions are: by face size, by depth, in single frames and steadied.

    python benchmarks/ranging.py [--people 200] [--seed 1]

A 640x480 camera with a 69 degree lens, 15 frames per second. "Drawn boxes" are faces of known
place projected through a distorted lens, with the jitter measured on the shipped detector and
half as much again. "Shipped detector" finds faces of the demo clip, which are warped into a
noisy picture at the size each distance asks for; the width of such a face is what the detector
says of it at 2 m. "Steadied" is what a person's filter says after a second.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import cv2
import numpy as np

from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.filters import PositionFilter
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.pipeline_settings import RangingSettings
from mask_detector_ros.perception.ranging import ASPECT, BOX_GROWTH, measure, place
from mask_detector_ros.perception.types import CameraModel, Detections
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import open_source

COLUMNS, ROWS = SIZE = (640, 480)
FOCAL = 465.6
MATRIX = np.array([[FOCAL, 0, 319.5], [0, FOCAL, 239.5], [0, 0, 1.0]])
STRAIGHT = CameraModel(MATRIX, np.zeros(0))
BENT = CameraModel(MATRIX, np.array([-0.3, 0.1, 0.001, -0.001, 0.0]))
FRAME = 1 / 15
DISTANCES = (1.0, 2.0, 3.0, 4.0, 5.0)
PRIOR = RangingSettings()
KNOWN = replace(PRIOR, face_width_deviation=0.0, child_share=0.0)
JITTER, JITTER_PIXELS = 0.03, 0.75


def drawn_box(center: np.ndarray, width: float) -> np.ndarray:
    """x, y, w, h of a face that looks at the distorted camera."""
    forward = center / np.linalg.norm(center)
    right = np.cross([0, 1.0, 0], forward)
    right *= width / 2 / np.linalg.norm(right)
    down = np.cross(forward, right) * ASPECT
    sides = np.array([center - right, center + right, center - down, center + down])
    pixels, _ = cv2.projectPoints(sides, np.zeros(3), np.zeros(3), MATRIX, BENT.distortion)
    (x0, _), (x1, _), (_, y0), (_, y1) = pixels.reshape(4, 2)
    return np.array([x0, y0, x1 - x0, y1 - y0])


class Follower:
    """One person under one camera, frame by frame."""

    def __init__(self, camera: CameraModel, settings: RangingSettings, growth: float = 0.0) -> None:
        self._camera, self._settings, self._growth = camera, settings, growth
        self._places = PositionFilter()
        self._frames = 0

    def see(self, box: np.ndarray, depth: DepthImage | None = None) -> tuple[np.ndarray, ...]:
        """Positions by this frame alone, and steadied."""
        faces = Detections.of_boxes(box[None], np.ones(1))
        ranges = measure(faces, self._camera, SIZE, self._settings, depth, self._growth)
        raw = place(faces, ranges)
        self._frames += 1
        steady = self._places.update(raw, [1], ranges, self._frames * FRAME, self._settings)
        return raw.positions[0], steady.positions[0]


def drawn(z: float, people: int, rng: np.random.Generator, known: bool) -> list[np.ndarray]:
    """Relative range errors of single frames and of steadied ones, with drawn boxes."""
    errors = []
    for _ in range(people):
        child = rng.random() < PRIOR.child_share
        width = rng.normal(PRIOR.child_width if child else PRIOR.face_width, 0.01)
        center = np.array([rng.uniform(-0.5, 0.5) * z, rng.uniform(-0.3, 0.1) * z, z])
        box = drawn_box(center, PRIOR.face_width if known else width)
        follower = Follower(BENT, KNOWN if known else PRIOR)
        for _ in range(15):
            jitter = rng.normal(0, 1, 4) * (JITTER_PIXELS + JITTER * box[2]) / np.sqrt(2)
            seen = follower.see(box + jitter)
        truth = np.linalg.norm(center)
        errors.append([np.linalg.norm(position) / truth - 1 for position in seen])
    return list(np.array(errors).T)


def faces_of_the_demo(pipeline: Pipeline) -> list[tuple[np.ndarray, float]]:
    """Cut-outs of the nearest faces with some surroundings, and the faces' widths in pixels."""
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
                    cut = frame.image[top : top + side, left : left + side].copy()
                    found.append((cut, float(w)))
    return found[:: max(1, len(found) // 8)][:8]


def slant(pixel: np.ndarray) -> float:
    """How much wider a face that looks at the camera is there than on the camera's axis."""
    return float(np.hypot(1, (pixel[0] - MATRIX[0, 2]) / FOCAL))


def rendered(
    cut: np.ndarray, width: float, wanted: float, background: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A picture with the face somewhere in it; and the middle of the face.

    It is ``wanted`` pixels wide where the camera's axis is, and wider toward the edges, as
    faces are that look at a camera.
    """
    half = len(cut) / 2
    reach = 1.2 * half * wanted / width + 2
    middle = np.array([rng.uniform(reach, COLUMNS - reach), rng.uniform(reach, ROWS - reach)])
    scale = wanted / width * slant(middle)
    warp = np.array([[scale, 0, middle[0] - half * scale], [0, scale, middle[1] - half * scale]])
    blurred = cv2.GaussianBlur(cut, (0, 0), max(0.4 * (1 / scale - 1), 0.01))
    ramp = np.minimum(np.linspace(0, 8, len(cut)), np.linspace(8, 0, len(cut))).clip(0, 1)
    mask = cv2.warpAffine(np.minimum.outer(ramp, ramp).astype(np.float32), warp, SIZE)[..., None]
    picture = cv2.warpAffine(blurred, warp, SIZE) * mask + background * (1 - mask)
    noisy = picture + rng.normal(0, 3, picture.shape)
    return noisy.clip(0, 255).astype(np.uint8), middle


def detected(z: float, pipeline: Pipeline, rng: np.random.Generator) -> list[np.ndarray]:
    """Likewise with faces that the shipped detector found in pictures."""
    errors = []
    background = cv2.GaussianBlur(rng.uniform(0, 255, (ROWS, COLUMNS, 3)), (0, 0), 25)
    background = 110 + 6 * (background - background.mean())

    def box_of(cut: np.ndarray, width: float, wanted: float) -> tuple[np.ndarray, float] | None:
        """The face's box, and its width straightened."""
        picture, middle = rendered(cut, width, wanted, background, rng)
        boxes = pipeline.process(picture).faces.boxes
        away = [np.abs(b[:2] + b[2:] / 2 - middle).max() for b in boxes]
        if not away or min(away) > wanted:
            return None
        box = boxes[int(np.argmin(away))]
        return box, np.sqrt(max(box[2] ** 2 - BOX_GROWTH**2, 1)) / slant(middle)

    for cut, width in faces_of_the_demo(pipeline):
        at_2_m = [box_of(cut, width, FOCAL * 0.15 / 2.0) for _ in range(10)]
        told = np.mean([seen[1] for seen in at_2_m if seen is not None])
        known = replace(KNOWN, face_width=2.0 * float(told) / FOCAL)
        follower = Follower(STRAIGHT, known, BOX_GROWTH)
        for _ in range(15):
            seen = box_of(cut, width, FOCAL * 0.15 / z)
            if seen is not None:
                positions = follower.see(seen[0])
                errors.append([position[2] / z - 1 for position in positions])
    return list(np.array(errors).T)


def depth_scene(box: np.ndarray, z: float, rng: np.random.Generator) -> DepthImage:
    """A head before a body before a wall, as a poor stereo camera measures it."""
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


def by_depth(z: float, people: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Likewise with depth, for people of any face width."""
    errors = []
    for _ in range(people):
        w = FOCAL * rng.normal(0.147, 0.015) / z
        middle = rng.uniform((0.2 * COLUMNS, 0.25 * ROWS), (0.8 * COLUMNS, 0.6 * ROWS))
        box = np.array([*(middle - (w / 2, w * ASPECT / 2)), w, w * ASPECT])
        follower = Follower(STRAIGHT, PRIOR)
        for _ in range(3):
            jitter = rng.normal(0, 1, 4) * (JITTER_PIXELS + JITTER * w) / np.sqrt(2)
            seen = follower.see(box + jitter, depth_scene(box, z, rng))
        errors.append([position[2] / z - 1 for position in seen])
    return list(np.array(errors).T)


def row(name: str, z: float, errors: list[np.ndarray]) -> str:
    cells = [f"{name:34}", f"{z:.0f} m"]
    for of_kind in errors:
        cells += [f"{100 * np.median(of_kind):+5.1f} %"]
        cells += [f"{100 * np.percentile(np.abs(of_kind), 95):4.1f} %"]
    return "| " + " | ".join(cells) + " |"


def walking(rng: np.random.Generator, speed: float) -> str:
    """Jitter and lag of somebody who walks toward the camera from 5 m, or stands at 3 m."""
    raw, steady = [], []
    for _ in range(20):
        follower = Follower(BENT, KNOWN)
        for i in range(45):
            truth = np.array([0.0, 0.0, (5.0 if speed else 3.0) - speed * i * FRAME])
            box = drawn_box(truth, PRIOR.face_width)
            jitter = rng.normal(0, 1, 4) * (JITTER_PIXELS + JITTER * box[2]) / np.sqrt(2)
            seen = follower.see(box + jitter)
            if i >= 15:
                raw.append(seen[0][2] - truth[2])
                steady.append(seen[1][2] - truth[2])
    lag = f"{np.mean(steady) - np.mean(raw):+.3f} m"
    return f"| {speed:.1f} m/s | {np.std(raw):.3f} m | {np.std(steady):.3f} m | {lag} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200, help="people per row")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    people = arguments.people
    pipeline = Pipeline(find_resource("models"))
    print("| | at | one frame: median | p95 | steadied: median | p95 |\n|---|---|---|---|---|---|")
    for z in DISTANCES:
        print(row("known width, drawn boxes", z, drawn(z, people, rng, known=True)))
    for z in DISTANCES:
        print(row("known width, shipped detector", z, detected(z, pipeline, rng)))
    for z in DISTANCES:
        print(row("grown-ups and children, by size", z, drawn(z, people, rng, known=False)))
    for z in DISTANCES:
        print(row("by depth", z, by_depth(z, people // 8, rng)))
    print("\n| walks | deviation of one frame | steadied | lag |\n|---|---|---|---|")
    for speed in (0.0, 0.7, 1.4):
        print(walking(rng, speed))


if __name__ == "__main__":
    main()
