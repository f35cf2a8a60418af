"""Fuzzy search over the actions: every word of the query must be found in what an action is called."""

from __future__ import annotations

from collections.abc import Iterable

from app.actions import Action

WORD_START, INSIDE, SCATTERED = 100.0, 60.0, 25.0
TERM_SHARE = 0.6  # found in the field's term or group, not in the name


def search(query: str, actions: Iterable[Action]) -> list[Action]:
    """Best first; actions that are equally good keep their order. An empty query finds all."""
    words = query.lower().split()
    if not words:
        return list(actions)
    scored = [(score, action) for action in actions if (score := _score(words, action)) is not None]
    return [action for _, action in sorted(scored, key=lambda pair: -pair[0])]


def _score(words: list[str], action: Action) -> float | None:
    name, rest = action.name.lower(), f"{action.term} {action.group} {action.id.replace('_', ' ')}".lower()
    total = 0.0
    for word in words:
        best = max(_match(word, name), TERM_SHARE * _match(word, rest))
        if best <= 0:
            return None
        total += best
    return total - 0.1 * len(name)  # of two that match alike the shorter name is nearer


def _match(word: str, text: str) -> float:
    """0 = not in there, not even letter by letter."""
    at = f" {text}".find(f" {word}")
    if at >= 0:
        return WORD_START - min(at, 40) * 0.5
    if word in text:
        return INSIDE
    return _scattered(word, text)


def _scattered(word: str, text: str) -> float:
    """The letters in their order, starting with a word's first: few and short gaps are better."""
    best = 0.0
    starts = [i for i, letter in enumerate(text) if letter == word[0] and (i == 0 or text[i - 1] == " ")]
    for start in starts:
        at, gaps = start, 0
        for letter in word[1:]:
            following = text.find(letter, at + 1)
            if following < 0:
                break
            gaps += following - at - 1
            at = following
        else:
            best = max(best, SCATTERED - min(gaps, SCATTERED - 1))
    return best
