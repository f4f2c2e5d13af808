"""Words with wrong letters."""

from __future__ import annotations


def within(word: str, other: str, edits: int) -> bool:
    """Whether one word becomes the other by at most so many letters put in, left out, changed or swapped.

    Args:
        word: one word.
        other: the other.
        edits: the most changes.
    """
    if abs(len(word) - len(other)) > edits:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    word, other = word[start:], other[start:]
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and word[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > edits:
            return False
    return row[-1] <= edits
