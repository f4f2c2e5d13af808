"""Words for an age stay what they are for as long as is said."""

from __future__ import annotations

from datetime import timedelta

from babel.dates import format_timedelta
from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.haugiang.core.ages import steady_seconds

WEEK = timedelta(days=7)


def words(gone):
    """As helpers.haugiang_ago says it."""
    if not timedelta(0) <= gone < WEEK:
        return "date"
    if gone < timedelta(minutes=1):
        return "just now"
    return format_timedelta(-gone, add_direction=True, locale="vi", threshold=1)


@given(st.floats(-1e5, 8 * 86_400), st.floats(0, 1))
@example(-1.0, 1.0)
def test_the_words_do_not_change_before(seconds, share):
    gone = timedelta(seconds=seconds)
    steady = steady_seconds(gone, WEEK)
    later = min(steady, 1e9) * share
    assert words(gone + timedelta(seconds=later)) == words(gone)


@given(st.integers(0, 7 * 86_400 - 1))
def test_it_is_not_needlessly_short(seconds):
    """Two seconds after, the words have changed."""
    gone = timedelta(seconds=seconds)
    steady = steady_seconds(gone, WEEK)
    assert words(gone + timedelta(seconds=steady + 2)) != words(gone)


def test_a_date_stays_for_good():
    assert steady_seconds(WEEK, WEEK) == float("inf")
