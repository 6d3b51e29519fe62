# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Short trainings of both models, in this process or, run as a program, as one of several."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mask_detector_training.classifier.classifier_recipe import ClassifierRecipe
from mask_detector_training.detector.detector_model import DetectorSize
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.distribution import Distribution, distribute
from mask_detector_training.loop_settings import LoopSettings
from mask_detector_training.training_loop import CHECKPOINT, TrainingLoop

STEPS_PER_EPOCH = 2
LOOP = LoopSettings(
    epochs=2, steps_per_epoch=STEPS_PER_EPOCH, minutes=30.0, batch_size=4, learning_rate=2e-3
)
TINY = DetectorSize(stem=4, stages=((4,), (8, 8), (8,), (8,), (8,)), neck=8, head=6)
MODELS = ("detector", "classifier")


def train_both(data: Path, out: Path, distribution: Distribution, resume: bool = False) -> None:
    """Train a tiny detector and a tiny classifier in two epochs of two steps."""
    from mask_detector_training.classifier.classifier_training import train_classifier
    from mask_detector_training.detector.detector_training import train_detector

    # By minutes too: then the workers have to agree on the time.
    train_detector(
        data, out / "detector", DetectorRecipe(side=64, synthetic_masks=0, loop=LOOP),
        size=TINY, resume=resume, workers=1, distribution=distribution,
    )  # fmt: skip
    classifier = ClassifierRecipe(
        backbone="plain", size=16, dropout=0.0, synthetic_masks=0, loop=LOOP
    )
    train_classifier(
        data, out / "classifier", classifier,
        resume=resume, workers=1, distribution=distribution,
    )  # fmt: skip


def end_in_second_epoch(run: Path) -> None:
    """End the process when a training in this folder has a checkpoint and goes on."""
    train_epoch = TrainingLoop._train_epoch

    def end(self: TrainingLoop, iterator: object) -> dict[str, float]:
        if self.run == run and self.step == STEPS_PER_EPOCH:
            os._exit(9)
        return train_epoch(self, iterator)  # type: ignore[arg-type]

    TrainingLoop._train_epoch = end  # type: ignore[method-assign]


def main() -> int:
    """Arguments: the distribution, data folder, folder of the runs, ``resume``, ``end``."""
    import tensorflow as tf

    name, data, out, *options = sys.argv[1:]
    if name == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
    if "end" in options:
        end_in_second_epoch(Path(out) / "classifier")
    try:
        distribution = distribute(name)
        print("replicas:", distribution.replicas, flush=True)
        train_both(Path(data), Path(out), distribution, resume="resume" in options)
    except (ConnectionError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print("checkpoint:", (Path(out) / "detector" / CHECKPOINT).is_file())
    return 0


if __name__ == "__main__":
    sys.exit(main())
