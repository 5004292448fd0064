"""A question that points back → what it takes from the one before: only words of that one. Pure; English only.

"and who paid for it?" opens with a conjunction or has a pronoun, and names nothing itself. It takes what the question
before names: phrases in quotation marks, words with a capital letter, and what stands after an article, as in "the east
pier".
"""

from __future__ import annotations

import re

from index.features import FUNCTION_WORDS

# A longer text says itself what it is about.
_MAX_CHARS = 300
# How many things are taken, and words after an article that are one.
_THINGS = 3
_WORDS = 4
_POINTS_BACK = re.compile(
    r"\A\W*(?:and|but|so|then)\b|\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"[“\"„]([^“”\"„]*\w[^“”\"„]*)[”\"“]")
_WORD = re.compile(r"\w(?:[\w’'.-]*\w)?")
_ARTICLES = frozenset({"the", "a", "an"})
_SUPPORTING = frozenset({"do", "does", "did"})


def taken(question: str, before: str) -> tuple[str, ...]:
    """What a question takes from the one before it; nothing where it stands alone."""
    if len(question) > _MAX_CHARS or not _POINTS_BACK.search(question) or things(question):
        return ()
    return things(before)


def with_things(question: str, about: tuple[str, ...]) -> str:
    """A question with what it is about, as it is searched for and shown."""
    return f"{question} (about: {', '.join(about)})"


def things(question: str) -> tuple[str, ...]:
    """What a question names, in its own words."""
    found = _QUOTED.findall(question)
    rest = _QUOTED.sub(lambda quoted: "," * len(quoted[0]), question)
    words = list(_WORD.finditer(rest))
    supported = False
    at = 0
    while at < len(words):
        word = words[at][0]
        end = at + 1
        if word.lower() in _ARTICLES:
            end = _end(rest, words, at + 1, at + 1 + _WORDS)
            # After "did" and the like the first thing is followed by a verb.
            if supported and end > at + 2 and not words[end - 1][0][0].isupper():
                end -= 1
            named = end > at + 1
        else:
            named = word[0].isupper() and word.lower() not in FUNCTION_WORDS
            while named and end < len(words) and words[end][0][0].isupper() and _joined(rest, words, end):
                end += 1
        if named:
            found.append(rest[words[at].start() : words[end - 1].end()])
        goes_on = end < len(words) and _joined(rest, words, end)
        supported = goes_on and (word.lower() in _SUPPORTING or (supported and not named))
        at = end
    return tuple(dict.fromkeys(" ".join(thing.split()) for thing in found))[:_THINGS]


def _end(text: str, words: list[re.Match[str]], start: int, most: int) -> int:
    """Where words end that say something and are parted by white space only, from `start`."""
    end = start
    while end < min(len(words), most) and words[end][0].lower() not in FUNCTION_WORDS and _joined(text, words, end):
        end += 1
    return end


def _joined(text: str, words: list[re.Match[str]], at: int) -> bool:
    return text[words[at - 1].end() : words[at].start()].isspace()
