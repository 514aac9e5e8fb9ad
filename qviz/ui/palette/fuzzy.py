"""Names that contain the letters of a query in their order, the most fitting first."""

import heapq
import re
from collections.abc import Sequence

WHOLE = 1000  # all letters together
WORD, RUN, FIRST = 8, 5, 24  # a letter that begins a word, follows the one before, or begins the name


def best(query: str, names: Sequence[str], most: int) -> list[int]:
    """Indices of the `most` best names, ties in the order given. An empty query keeps the order."""
    letters = "".join(query.lower().split())
    if not letters:
        return list(range(min(most, len(names))))
    pattern = re.compile(".*?".join(map(re.escape, letters)))
    scored = ((score(letters, name), -i) for i, name in enumerate(names) if pattern.search(name.lower()))
    return [-i for _, i in heapq.nlargest(most, scored)]


def score(letters: str, name: str) -> int:
    """How well `letters` (lower case, in order in `name`) fit; a whole match counts most, a long name a little less."""
    low = name.lower()
    whole = low.find(letters)
    if whole >= 0:
        return WHOLE + (4 * WORD if _begins_word(name, whole) else 0) + (FIRST if whole == 0 else 0) - len(name)
    total, at = 0, -1
    for letter in letters:
        found = low.index(letter, at + 1)
        total += RUN if found == at + 1 and at >= 0 else 0
        total += WORD if _begins_word(name, found) else 0
        at = found
    return total - len(name)


def _begins_word(name: str, at: int) -> bool:
    return at == 0 or not name[at - 1].isalnum() or (name[at].isupper() and name[at - 1].islower())
