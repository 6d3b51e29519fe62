# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everything the announcer node can be told."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.settings import setting
from mask_detector_ros.speech import engines


@dataclass(frozen=True)
class AnnouncerSettings:
    """Which words, which voice, and what is too late to say."""

    languages: str = setting(
        "en",
        "What is spoken, in turn: language codes with commas between, such as ko,en.",
        live=False,
    )
    phrases: str = setting(
        "",
        "Folder with phrases of your own, <code>.yaml; what is not in it comes from the shipped "
        "ones. Empty for the shipped ones alone.",
        live=False,
    )
    engine: str = setting(
        engines.AUTO,
        "What speaks; auto takes espeak-ng, or else its library. none: texts only.",
        choices=engines.CHOICES,
    )
    command: str = setting(
        "",
        "Engine command: the program to run, with {text} (else the text is its input), {voice}, "
        "{rate}, {volume}, and {wav} if it writes a WAV file instead of sounding by itself.",
    )
    player: str = setting(
        "",
        "What plays a {wav} for engines that only write one; empty for pw-play, paplay or aplay, "
        "whichever is there.",
    )
    play: bool = setting(True, "Whether it is to be heard; false where only recordings matter.")
    wav_folder: str = setting(
        "", "Folder in which every line is kept as a WAV file; empty for none.", live=False
    )
    rate: int = setting(150, "Words per minute.", low=80, high=450)
    volume: int = setting(
        100, "Loudness of the voice; 100 is the engine's own, more distorts.", low=0, high=200
    )
    timeout: float = setting(
        20.0, "Seconds one line may take before the engine is ended.", low=0.5, high=300.0
    )
    max_age: float = setting(
        8.0,
        "Seconds after which it is too late to say something. Higher: more is said, but to "
        "people who may have gone on.",
        low=0.1,
        high=600.0,
    )
    queue_size: int = setting(
        4, "The most that waits to be said; beyond it the oldest is dropped.", low=1, high=100
    )
