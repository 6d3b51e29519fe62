# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Faults in labels and images: all of them are collected, then reported together by kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

MAX_LISTED = 10
"""Faults of one kind with different texts that a report lists."""

P = ParamSpec("P")
T = TypeVar("T")


class LabelError(ValueError):
    """One fault; the message names file and line or object, and what to do.

    Attributes:
        kind: what faults of this kind have in common, as a heading.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class LabelFaultsError(ValueError):
    """All faults of a data set, as a report grouped by kind."""


class Faults:
    """Collects the faults of a data set, and notes on what was read differently than expected."""

    def __init__(self) -> None:
        self.errors: list[LabelError] = []
        self.left_out = 0
        """Number of images that are left out because of faults."""
        self._notes: dict[str, list[str]] = defaultdict(list)

    def attempt(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result of a function; None if it raises ``LabelError``, which is kept."""
        try:
            return function(*args, **kwargs)
        except LabelError as error:
            self.errors.append(error)
            return None

    def all_or_none(self, parts: Iterable[T | None]) -> list[T] | None:
        """The parts of an image; None, and the image is left out, if one of them is faulty."""
        listed = list(parts)
        kept = [part for part in listed if part is not None]
        if len(kept) == len(listed):
            return kept
        self.left_out += 1
        return None

    def note(self, kind: str, example: str) -> None:
        """Keep something that is no fault but that the user must know."""
        self._notes[kind].append(example)

    @property
    def notes(self) -> list[str]:
        """One line per kind of note, with the number of cases and the first one."""
        return [
            f"{len(examples)} {kind}; the first: {examples[0]}"
            for kind, examples in self._notes.items()
        ]

    def report(self, limit: int = MAX_LISTED) -> str:
        """All faults by kind, each kind with its number and its first ``limit`` faults."""
        by_kind: dict[str, Counter[str]] = defaultdict(Counter)
        for error in self.errors:
            by_kind[error.kind][str(error)] += 1
        lines = []
        for kind, errors in sorted(by_kind.items(), key=lambda item: -item[1].total()):
            lines.append(f"  {errors.total()} x {kind}")
            # A class that is not known has the same text for every face.
            shown = list(errors.items())[:limit]
            lines += [f"    {text}{f' ({n} times)' if n > 1 else ''}" for text, n in shown]
            rest = errors.total() - sum(n for _, n in shown)
            if rest:
                lines.append(f"    … and {rest} more")
        return "\n".join(lines)

    def summary(self, where: object) -> str:
        """What was left out because of faults, with the report of all."""
        return (
            f"{self.left_out} images of {where} are left out because of "
            f"{len(self.errors)} faults:\n{self.report()}"
        )

    def raise_all(self, where: object, remedy: str = "") -> None:
        """Raise if there are faults.

        Args:
            where: the data set, for the message.
            remedy: what can be done besides correcting them.

        Raises:
            LabelFaultsError: with the message of the only fault, or with the report of all.
        """
        if not self.errors:
            return
        if len(self.errors) == 1:
            end = f"; or {remedy}" if remedy else ""
            raise LabelFaultsError(f"{self.errors[0]}{end}") from self.errors[0]
        what = f"{len(self.errors)} faults in {where}; correct them"
        raise LabelFaultsError(f"{what}{f', or {remedy}' if remedy else ''}:\n{self.report()}")
