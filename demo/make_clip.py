# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the demo clip: people with masks as a patrol robot meets them, and the truth about them.

    python demo/make_clip.py --out demo/patrol.mp4

The people are two public-domain portraits, dressed by the project's own mask generator;
see README.md beside this file. Needs scikit-image and matplotlib for the portraits
(``pip install 'mask-detector-ros[demo-clip]'``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from patrol_clip.camera import CAMERA_HEIGHT, FOCAL, HEIGHT, HORIZON, WIDTH, Camera, Renderer
from patrol_clip.people import load_portraits
from patrol_clip.story import SCENES
from patrol_clip.walkers import FPS, Walker

from mask_detector_ros.perception.types import FloatArray, Image

SCENE_FRAMES = 195


def _shadow(frame: FloatArray, right: float, ahead: float) -> None:
    """A soft shadow under the feet, in place."""
    x = WIDTH / 2 + FOCAL * right / ahead
    y = HORIZON + FOCAL * CAMERA_HEIGHT / ahead
    wide = 0.34 * FOCAL / ahead
    cols = np.exp(-(((np.arange(WIDTH) - x) / wide) ** 2))
    rows = np.exp(-(((np.arange(HEIGHT) - y) / (0.3 * wide)) ** 2))
    frame *= (1 - 0.45 * np.outer(rows, cols)[..., None]).astype(np.float32)


def frames(seed: int, step: int = 1) -> Iterator[tuple[Image, list[dict[str, Any]]]]:
    """Every frame (HEIGHT, WIDTH, 3) BGR with the faces in it."""
    rng = np.random.default_rng(seed)
    portraits = load_portraits()
    edge = np.hypot(*np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT)))
    vignette = (1.02 - 0.09 * edge**2).astype(np.float32)[..., None]
    for scene in SCENES:
        place = scene.place(rng)
        renderer = Renderer(place)
        walkers = [Walker(actor, portraits, rng) for actor in scene.cast]
        haze = np.array(place.haze, np.float32)
        for k in range(0, SCENE_FRAMES, step):
            time = k / FPS
            share = 0.5 - 0.5 * np.cos(np.pi * k / SCENE_FRAMES)
            yaw = scene.pan[0] + (scene.pan[1] - scene.pan[0]) * share
            camera = Camera(scene.speed * time, 0.02 * np.sin(0.8 * time), yaw)
            frame = renderer.draw(camera)
            crowd = sorted(walkers, key=lambda w: -w.place(time, camera)[1])
            faces: list[dict[str, Any]] = []
            seen: list[tuple[Walker, FloatArray]] = []
            for walker in crowd:
                right, ahead = walker.place(time, camera)
                if ahead < 0.5:
                    continue
                _shadow(frame, right, ahead)
                lamp = 1 + 0.06 * np.cos(2 * np.pi * (camera.z + ahead) / 2.7)
                tint = np.array(place.tint, np.float32) * np.float32(lamp)
                layer = walker.draw(time, camera, tint, haze)
                frame = layer[..., :3] + frame * (1 - layer[..., 3:])
                seen.append((walker, layer[..., 3]))
            for index, (walker, _) in enumerate(seen):
                nearer = [alpha for _, alpha in seen[index + 1 :]]
                faces += _truth(walker, time, camera, nearer)
            noise = rng.normal(0, 0.7, frame.shape).astype(np.float32)
            # A camera's contrast: a mild S around the middle.
            tone = frame * (vignette / 255)
            tone = tone + 0.22 * tone * (1 - tone) * (2 * tone - 0.75)
            picture = np.clip(tone * 255 + noise, 0, 255).astype(np.uint8)
            yield picture, faces


def _truth(
    walker: Walker, time: float, camera: Camera, nearer: list[FloatArray]
) -> list[dict[str, Any]]:
    """The label of one face; ``ignore`` where too little of it is seen."""
    x, y, w, h = walker.box(time, camera)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, WIDTH), min(y + h, HEIGHT)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return []
    area = np.s_[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
    hidden = np.zeros((HEIGHT, WIDTH), np.float32)[area]
    for alpha in nearer:
        hidden = np.maximum(hidden, alpha[area])
    visible = (1 - float(hidden.mean())) * (x1 - x0) * (y1 - y0) / (w * h)
    if visible < 0.1:
        return []
    status = walker.status(time).label if visible > 0.7 else "ignore"
    box = [round(float(v), 1) for v in (x, y, w, h)]
    return [{"box": box, "status": status, "person": walker.name}]


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=Path("patrol.mp4"), help="the clip to write")
    parser.add_argument("--step", type=int, default=1, help="only every n-th frame, for a look")
    parser.add_argument("--seed", type=int, default=4, help="other folds, textures and noise")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(arguments.out), code, FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        print("this OpenCV cannot write mp4v video", file=sys.stderr)
        return 1
    rows = []
    total = len(range(0, SCENE_FRAMES, arguments.step)) * len(SCENES)
    for index, (picture, faces) in enumerate(frames(arguments.seed, arguments.step)):
        writer.write(picture)
        rows.append(faces)
        if index % FPS == FPS - 1:
            print(f"\r{index + 1} of {total} frames", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    writer.release()
    truth = {"width": WIDTH, "height": HEIGHT, "fps": FPS, "frames": rows}
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = json.dumps({**truth, "frames": None})[: -len("null}")]
    arguments.out.with_suffix(".json").write_text(f"{head}[\n{lines}\n]}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
