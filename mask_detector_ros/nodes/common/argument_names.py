# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of launch arguments: which are unknown, and which known one was probably meant.

launch itself ignores unknown arguments.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

SIMILARITY, MAX_LENGTH_DIFFERENCE = 0.75, 2
"""How similar a name must be to a known one to be taken for a misspelled one."""

PREFIXES_OF_LAUNCH = ("launch-prefix",)
"""Arguments that launch_ros reads itself begin with one of these."""


class UnknownArgumentError(ValueError):
    """An argument is probably misspelled; the message names it and the nearest known one."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, by the whole name or by its last part.

    ``blur`` finds ``annotate.blur``.
    """
    normal = {_normal(candidate): candidate for candidate in known}
    last = {_normal(candidate).rpartition(".")[2]: candidate for candidate in normal.values()}
    for names, wanted in ((normal, _normal(name)), (last, _normal(name).rpartition(".")[2])):
        for match in difflib.get_close_matches(wanted, names, n=3, cutoff=SIMILARITY):
            if abs(len(match) - len(wanted)) <= MAX_LENGTH_DIFFERENCE:
                return names[match]
    return None


def _normal(name: str) -> str:
    return name.lower().replace("-", "_")


def check_names(
    given: Collection[str], visible: Iterable[str], known: Collection[str]
) -> list[str]:
    """Refuse misspelled names of arguments.

    Args:
        given: names of the arguments that were given to the launch file itself.
        visible: names of all arguments that it can see, also those of launch files around it.
        known: names of the arguments that it declares.

    Returns:
        The given names that are unknown, but not similar to a known one.

    Raises:
        UnknownArgumentError: a given name is similar to a known one, or a visible one begins
            with a group of parameters, such as ``detector.``.
    """
    groups = {name.partition(".")[0] for name in known if "." in name}
    others = []
    for name in sorted({*given, *visible} - set(known)):
        if name.startswith(PREFIXES_OF_LAUNCH):
            continue
        group = name.partition(".")[0] if "." in name else ""
        meant = nearest(name, known) if name in given or group in groups else None
        if meant is None and group in groups:
            members = ", ".join(sorted(n for n in known if n.startswith(f"{group}.")))
            raise UnknownArgumentError(f"there is no argument {name!r}; expected one of {members}")
        if meant is not None:
            raise UnknownArgumentError(f"there is no argument {name!r}; did you mean {meant!r}?")
        if name in given:
            others.append(name)
    return others
