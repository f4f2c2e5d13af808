"""How long words for an age stay true."""

from __future__ import annotations

from datetime import timedelta

# Units of “2 hours ago”, the largest first, as Babel chooses them.
UNITS = (86_400, 3_600, 60)


def steady_seconds(gone: timedelta, until: timedelta) -> float:
    """For how many seconds at least the words for an age do not change.

    The words are Babel's: the largest unit of which one has passed, rounded to whole ones, so they change half way
    between. A second is taken off, because Babel counts whole seconds.

    Args:
        gone: The age.
        until: The age from which a date stands there instead, for good.
    """
    seconds = gone.total_seconds()
    if seconds < 0:
        return max(0.0, -seconds - 1)  # a moment to come gets a date until it has come
    if gone >= until:
        return float("inf")
    ends = [until.total_seconds(), *(unit for unit in UNITS if unit > seconds)]
    unit = next((unit for unit in UNITS if unit <= seconds), None)
    if unit is not None:
        ends.append(((seconds + unit / 2) // unit + 0.5) * unit)
    return max(0.0, min(ends) - seconds - 1)
