# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the announcer node."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.settings import setting
from mask_detector_ros.speech import engines


@dataclass(frozen=True)
class AnnouncerSettings:
    """Languages, speech engine and queue."""

    languages: str = setting(
        "en",
        "Languages to speak, one after the other: language codes separated by commas, such as "
        "ko,en.",
        live=False,
    )
    phrases: str = setting(
        "",
        "Folder with your own phrase files, <code>.yaml. Languages without a file in it use the "
        "shipped phrases. Empty: only the shipped phrases.",
        live=False,
    )
    engine: str = setting(
        engines.AUTO,
        "Speech engine. auto: the program espeak-ng, or its library if the program is missing; "
        "command: the program set by command; none: no speech, texts only.",
        choices=engines.CHOICES,
    )
    command: str = setting(
        "",
        "Command line of the speech engine, used if engine is command. {voice}, {rate}, {volume} "
        "and {text} are replaced; without {text} the text comes on standard input. With {wav} the "
        "command must write that WAV file; without it, it must play the speech.",
    )
    player: str = setting(
        "",
        "Command line that plays the file {wav}, for engines that only write WAV files. Empty: "
        "the first installed one of pw-play, paplay and aplay.",
    )
    play: bool = setting(True, "Play the speech. false: only publish and record it.")
    wav_folder: str = setting(
        "",
        "Folder in which every spoken phrase is recorded as a WAV file. Empty: no recording.",
        live=False,
    )
    rate: int = setting(150, "Speech rate, words per minute.", low=80, high=450)
    volume: int = setting(
        100,
        "Volume of the voice; 100 is the engine's default, higher values distort.",
        low=0,
        high=200,
    )
    timeout: float = setting(
        20.0, "Time after which an engine that has not ended is killed, s.", low=0.5, high=300.0
    )
    max_age: float = setting(
        8.0,
        "Age at which a waiting announcement is dropped, s. Higher: fewer are dropped, but people "
        "may have left when they are spoken.",
        low=0.1,
        high=600.0,
    )
    queue_size: int = setting(
        4,
        "Maximum number of waiting announcements; beyond it the oldest is dropped.",
        low=1,
        high=100,
    )
