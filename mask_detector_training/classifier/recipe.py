# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that makes one classifier differ from another, in one table.

The options of ``mask_detector train classifier``, the configuration a run keeps and the
entries of a comparison file come from here.
"""

from __future__ import annotations

import argparse
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mask_detector_training.classifier.backbones import BACKBONES, SHIPPED, trained_layers
from mask_detector_training.classifier.classifier_losses import parse_loss
from mask_detector_training.loop_settings import OPTIMIZERS, LoopSettings

MODEL = "mask_classifier"
INPUTS = ("own", "scaled", "centerd", "gray")
OWN_HEAD = "own"


def option(
    default: Any,
    text: str,
    *,
    choices: tuple[Any, ...] = (),
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> Any:
    """A field with what its option says and the values it may have."""
    limits = {"above": above, "least": least, "below": below, "most": most}
    return field(default=default, metadata={"help": text, "choices": choices, **limits})


LIMITS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("larger than", operator.gt),
    "least": ("at least", operator.ge),
    "below": ("smaller than", operator.lt),
    "most": ("at most", operator.le),
}
"""Every limit in words, and whether a value keeps it; a NaN keeps none."""


@dataclass(frozen=True)
class Recipe:
    """How a classifier is built and trained; the defaults are the shipped one's.

    Raises:
        ValueError: a value is not possible, or two do not fit together.
    """

    backbone: str = option(SHIPPED, "network under the head", choices=tuple(BACKBONES))
    size: int = option(80, "side of the crops, pixels")
    alpha: float = option(1.0, "width of MobileNet backbones", above=0)
    weights: str = option(
        "none",
        "the backbone starts from: imagenet (Keras downloads them), a file (.npz by layer "
        "names, .h5 or .keras; also relative to the data folder), or none",
    )
    trainable: str = option("all", "what is trained: head, all, or last:N layers and the head")
    head: str = option(
        OWN_HEAD, "widths of dense layers after pooling, as 128,64; own: as the backbone comes"
    )
    dropout: float = option(
        0.3, "part of the features left out at random in training", least=0, below=1
    )
    input: str = option(
        "own",
        "pixels the network sees: own (what its ImageNet weights learned from), scaled (0..1), "
        "centerd (-1..1) or gray (own, without color)",
        choices=INPUTS,
    )
    classes: int = option(
        4,
        "4: every way of wearing; 3: correct, incorrect, no mask; 2: mask (nose exposed, too) "
        "and no mask (below the mouth, too)",
        choices=(4, 3, 2),
    )
    dressed: float = option(
        0.45,
        "part of the masked samples that are masks drawn on bare faces; needs the teacher's "
        "landmarks",
        least=0,
        most=1,
    )
    loss: str = option("ce", "ce, mse, hinge, focal, or a sum such as 0.5*mse+hinge")
    optimizer: str = option("adamw", "how weights are updated", choices=OPTIMIZERS)
    epochs: int = option(100, "at most this many epochs", above=0)
    epoch_steps: int = option(300, "updates in one epoch", above=0)
    minutes: float = option(
        42.0,
        "at most this much time for updates; the learning rate follows it (0: no limit)",
        least=0,
    )
    patience: int = option(
        0, "stop after this many epochs without a better val score (0: never)", least=0
    )
    batch: int = option(48, "samples per update", above=0)
    rate: float = option(6e-4, "peak learning rate", above=0)
    decay: float = option(0.04, "weight decay of adamw", least=0)
    ema: float = option(0.995, "how much of the averaged weights stays", least=0, below=1)
    seed: int = option(1, "of samples and first weights", least=0, below=2**32)

    def __post_init__(self) -> None:
        for one in fields(self):
            value, about = getattr(self, one.name), one.metadata
            if about["choices"] and value not in about["choices"]:
                choices = ", ".join(str(choice) for choice in about["choices"])
                raise ValueError(f"{one.name} is {value!r}; expected one of {choices}")
            for limit, (words, keeps) in LIMITS.items():
                if about[limit] is not None and not keeps(value, about[limit]):
                    raise ValueError(f"{option_name(one.name)} must be {words} {about[limit]}")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{option_name(one.name)} must be a finite number")
        chosen = BACKBONES[self.backbone]
        if self.size < chosen.smallest:
            raise ValueError(
                f"size is {self.size}; {self.backbone} needs at least {chosen.smallest}"
            )
        if self.alpha != 1.0 and not chosen.widens:
            raise ValueError(f"alpha is {self.alpha}; {self.backbone} comes in one width only")
        if self.backbone == "plain" and self.weights != "none":
            raise ValueError("weights: there are none for the plain network; give none")
        trained_layers(self.trainable)
        parse_loss(self.loss)
        _ = self.dense

    @property
    def dense(self) -> tuple[int, ...] | None:
        """Widths of the dense layers after pooling; None for the backbone's own head."""
        if self.head == OWN_HEAD:
            return None
        widths = [part.strip() for part in self.head.split(",")]
        if not all(part.isdecimal() and int(part) > 0 for part in widths):
            raise ValueError(f"head is {self.head!r}; expected own or widths, as 128,64")
        return tuple(int(part) for part in widths)

    @property
    def loop(self) -> LoopSettings:
        """The part that the training loop needs."""
        same = {one.name for one in fields(LoopSettings)} & {one.name for one in fields(self)}
        return LoopSettings(
            steps=self.epochs * self.epoch_steps, **{name: getattr(self, name) for name in same}
        )

    @property
    def described(self) -> dict[str, Any]:
        """What a run's configuration says beside its ``loop``."""
        loop = {*asdict(self.loop), "epochs"}
        return {"model": MODEL, **{k: v for k, v in asdict(self).items() if k not in loop}}

    @property
    def config(self) -> dict[str, Any]:
        """All that a run's configuration says."""
        return {**self.described, "loop": asdict(self.loop)}

    @classmethod
    def from_description(cls, described: Mapping[str, Any]) -> Recipe:
        """The recipe of a run, from its configuration; what that does not say is as default."""
        loop = dict(described.get("loop", {}))
        if loop:
            loop["epochs"] = loop["steps"] // loop["epoch_steps"]
        known = {one.name for one in fields(cls)}
        return cls(**{k: v for k, v in {**loop, **described}.items() if k in known})

    @classmethod
    def from_entries(cls, entries: Mapping[str, Any]) -> Recipe:
        """A recipe as written in a file.

        Raises:
            ValueError: there is no such entry, or it has another type.
        """
        defaults = asdict(cls())
        unknown = sorted(set(entries) - set(defaults))
        if unknown:
            raise ValueError(f"there is no {', '.join(unknown)}; expected {', '.join(defaults)}")
        values = {}
        for name, value in entries.items():
            kind = type(defaults[name])
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            # YAML reads `head: 128` as a number, and `minutes: 3` as a whole one.
            if kind is str and number:
                value = str(value)
            if kind is float and number:
                value = float(value)
            if not isinstance(value, kind):
                raise ValueError(f"{name} is {value!r}; expected {kind.__name__}")
            values[name] = value
        return cls(**values)


def option_name(name: str) -> str:
    """The option of a field."""
    return "--" + name.replace("_", "-")


def add_options(
    parser: argparse.ArgumentParser, names: tuple[str, ...] | None = None, **defaults: Any
) -> None:
    """Give a parser the options of a recipe, or of the named fields, with other defaults."""
    for one in fields(Recipe):
        if names is not None and one.name not in names:
            continue
        parser.add_argument(
            option_name(one.name),
            type=type(one.default),
            default=defaults.get(one.name, one.default),
            choices=one.metadata["choices"] or None,
            help=one.metadata["help"],
        )


def recipe_of(args: argparse.Namespace) -> Recipe:
    """The recipe that parsed options describe; what has no option is as default."""
    given = vars(args)
    return Recipe(**{one.name: given[one.name] for one in fields(Recipe) if one.name in given})
