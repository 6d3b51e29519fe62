# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the demo clip: the camera of a patrol robot that passes people, with ground truth labels.

    python demo/make_clip.py --out demo/patrol.mp4

The people are two public-domain portraits with synthetic masks; see README.md in this folder.
Needs scikit-image and matplotlib for the portraits
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
from patrol_clip.animation import FPS, AnimatedActor
from patrol_clip.camera import CAMERA_HEIGHT, FOCAL, HEIGHT, HORIZON, WIDTH, Camera, Renderer
from patrol_clip.people import load_portraits
from patrol_clip.scenes import SCENES

from mask_detector_ros.arrays import FloatArray, Image

SCENE_FRAMES = 195


def _shadow(frame: FloatArray, right: float, ahead: float) -> None:
    """Draw a soft shadow under the feet, in place."""
    x = WIDTH / 2 + FOCAL * right / ahead
    y = HORIZON + FOCAL * CAMERA_HEIGHT / ahead
    wide = 0.34 * FOCAL / ahead
    cols = np.exp(-(((np.arange(WIDTH) - x) / wide) ** 2))
    rows = np.exp(-(((np.arange(HEIGHT) - y) / (0.3 * wide)) ** 2))
    frame *= (1 - 0.45 * np.outer(rows, cols)[..., None]).astype(np.float32)


def frames(seed: int, step: int = 1) -> Iterator[tuple[Image, list[dict[str, Any]]]]:
    """Every frame, (HEIGHT, WIDTH, 3) BGR, with the labels of its faces."""
    rng = np.random.default_rng(seed)
    portraits = load_portraits()
    edge = np.hypot(*np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT)))
    vignette = (1.02 - 0.09 * edge**2).astype(np.float32)[..., None]
    for scene in SCENES:
        environment = scene.environment(rng)
        renderer = Renderer(environment)
        actors = [AnimatedActor(actor, portraits, rng) for actor in scene.actors]
        haze = np.array(environment.haze, np.float32)
        for k in range(0, SCENE_FRAMES, step):
            time = k / FPS
            fraction = 0.5 - 0.5 * np.cos(np.pi * k / SCENE_FRAMES)
            yaw = scene.pan[0] + (scene.pan[1] - scene.pan[0]) * fraction
            camera = Camera(scene.speed * time, 0.02 * np.sin(0.8 * time), yaw)
            frame = renderer.draw(camera)
            crowd = sorted(actors, key=lambda a: -a.right_and_ahead(time, camera)[1])
            faces: list[dict[str, Any]] = []
            drawn: list[tuple[AnimatedActor, FloatArray]] = []
            for actor in crowd:
                right, ahead = actor.right_and_ahead(time, camera)
                if ahead < 0.5:
                    continue
                _shadow(frame, right, ahead)
                lamp = 1 + 0.06 * np.cos(2 * np.pi * (camera.z + ahead) / 2.7)
                tint = np.array(environment.tint, np.float32) * np.float32(lamp)
                layer = actor.draw(time, camera, tint, haze)
                frame = layer[..., :3] + frame * (1 - layer[..., 3:])
                drawn.append((actor, layer[..., 3]))
            for index, (actor, _) in enumerate(drawn):
                nearer = [alpha for _, alpha in drawn[index + 1 :]]
                faces += _label(actor, time, camera, nearer)
            noise = rng.normal(0, 0.7, frame.shape).astype(np.float32)
            # A camera's contrast: a mild S-shaped tone curve.
            tone = frame * (vignette / 255)
            tone = tone + 0.22 * tone * (1 - tone) * (2 * tone - 0.75)
            image = np.clip(tone * 255 + noise, 0, 255).astype(np.uint8)
            yield image, faces


def _label(
    actor: AnimatedActor, time: float, camera: Camera, nearer: list[FloatArray]
) -> list[dict[str, Any]]:
    """The label of one face: ``ignore`` if too little is visible, none if hardly anything is."""
    x, y, w, h = actor.box(time, camera)
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
    status = actor.status(time).label if visible > 0.7 else "ignore"
    box = [round(float(v), 1) for v in (x, y, w, h)]
    return [{"box": box, "status": status, "person": actor.name}]


def main() -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("patrol.mp4"),
        help="video file to write (default: %(default)s)",
    )
    parser.add_argument(
        "--step", type=int, default=1, help="draw every n-th frame only (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=4, help="of folds, textures and noise (default: %(default)s)"
    )
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(arguments.out), code, FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        print("OpenCV cannot write mp4v video on this system", file=sys.stderr)
        return 1
    rows = []
    total = len(range(0, SCENE_FRAMES, arguments.step)) * len(SCENES)
    for index, (image, faces) in enumerate(frames(arguments.seed, arguments.step)):
        writer.write(image)
        rows.append(faces)
        if index % FPS == FPS - 1:
            print(f"\r{index + 1} of {total} frames", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    writer.release()
    labels = {"width": WIDTH, "height": HEIGHT, "fps": FPS, "frames": rows}
    lines = ",\n".join(json.dumps(row) for row in rows)
    head = json.dumps({**labels, "frames": None})[: -len("null}")]
    arguments.out.with_suffix(".json").write_text(f"{head}[\n{lines}\n]}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
