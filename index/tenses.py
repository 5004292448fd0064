"""Whether what English words tell has been or is to come, by the verb beside them. Rules over words, with no model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.model import Span

# What was, what will be, and what may be either.
WAS, EITHER, WILL_BE = -1, 0, 1

_IRREGULAR = """
was were had did said told took made went came found left held gave got began became wrote saw met won lost led fell
sent shot struck hit put set ran broke brought built bought caught chose drew drove fought flew froze grew heard hid
kept knew lay laid paid rose sang sank sat sold shook shut sought spent spoke spread stood stole swore taught thought
threw understood withdrew wore has have says
"""
_REST = r"(?:\s(?:also|not|be|have|been|\w+ly))*(?:\s[a-z]+)?"
_AHEAD = "to|set|going|due|scheduled|expected|slated|planned|likely|forecast|supposed|about|meant"
# Something that was to be, or may be: its day may lie on either side.
_TO_BE = (
    "if|unless|whether|ahead of|before|until|till|prior to|upcoming|forthcoming|pending|deadline|scheduled|planned|due|"
    "expected|slated|postponed|delayed|rescheduled|takes|begins|starts|opens|closes|ends|expires|goes|comes|runs|"
    "meets|holds|returns|is|are|be"
)
# So may what is spoken of after these and "to", "for" or "until".
_TO_DO = (
    "agreed|decided|ordered|urged|asked|hoped|intended|wanted|vowed|promised|pledged|planned|moved|extended|invited|"
    "warned|called|set|threatened|proposed|booked|allowed|required|advised|told|needed|voted|sought|predicted|forecast"
)
_VERB = re.compile(
    rf"\b(?:(?P<future>(?:will|shall|won['’]t|(?:is|are) (?:\w+ly )?(?:{_AHEAD}))\b{_REST})|"
    rf"(?P<either>(?:would|could|might|should|must|can|may|(?:was|were) (?:{_AHEAD}))\b{_REST}|(?:{_TO_BE})\b|"
    r"(?:hopes?|intends?|wants?|plans?) to\b)|"
    rf"(?P<to_do>(?:{_TO_DO})\b)|"
    rf"(?P<past>(?:{'|'.join(_IRREGULAR.split())}|(?:was|were|did|had)n['’]t|[a-z]{{2,}}ed)\b))"
)
_TO = re.compile(r"\b(?:to|for|until|till|by)\b")
# What is announced "from Friday" may be still to come, whatever the verb says.
_BOUND = re.compile(r"\b(?:[Ff]rom|[Uu]ntil|till|through|to|for)\s(?:the )?$")
# How far from words their verb is looked for, in characters: a sentence may be as long as an article.
_REACH = 300
_SINCE = re.compile(r"\b(?:[Ss]ince|[Aa]s of)\s$")


def side(sentence: str, span: Span) -> int:
    """Whether the verb beside some words of a sentence tells what was or what will be; the nearest before, else after.

    What is quoted is to be blotted out in it: that has verbs of its own.
    """
    start = max(0, span.start - _REACH, sentence.rfind(";", 0, span.start) + 1)
    if _SINCE.search(sentence, start, span.start):
        return WAS
    before = list(_VERB.finditer(sentence, start, span.start))
    if not before:
        after = _VERB.search(sentence, span.end, span.end + _REACH)
        return _told(after) if after and ";" not in sentence[span.end : after.start()] else EITHER
    verb = before[-1]
    open_ended = verb["to_do"] and _TO.search(sentence, verb.end(), span.start)
    bound = _told(verb) == WAS and _BOUND.search(sentence, start, span.start)
    return EITHER if open_ended or bound else _told(verb)


def told_by(word: str) -> int:
    """What a word tells as a verb; of one that is none, nothing."""
    verb = _VERB.match(word)
    return _told(verb) if verb else EITHER


def _told(verb: re.Match[str]) -> int:
    if verb["future"]:
        return WILL_BE
    return EITHER if verb["either"] else WAS
