"""Who said it: the quotations of an English article with their speakers and the words that tell so, each a span.

A speaker is taken only where a verb of saying, or "according to", joins a name or a description to the quotation within
its sentence; where a sentence is nothing but a quotation that goes on from one with a speaker, in the same paragraph or
at the beginning of the next; and for "he", "she" or "they" from the same paragraph, if only one can be meant. Otherwise
there is none: a wrong speaker is worse than a missing one. These are rules with no model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.marks import marked
from index.model import Span
from index.passages import paragraphs, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Speech:
    """A quotation of a text, and who is said to have said it; all are offsets into the text.

    `quoted` is between the marks, `speaker` the words that name who says it and what describes them, and `cue` the
    verb of saying. Where the speaker is a pronoun, `meant` is the name before that it stands for. `continued` tells
    that speaker and cue are those of the quotation before, which this one goes on.
    """

    quoted: Span
    speaker: Span
    cue: Span
    meant: Span | None = None
    continued: bool = False

    @property
    def named(self) -> Span:
        """The words that name the speaker."""
        return self.meant or self.speaker


# Stands for an earlier quotation of the same sentence.
_EARLIER = "\1"
# Verbs that say who said what stands beside them.
_VERBS = (
    r"(?:said|says|say|told|tells|added(?!\s+(?:an?|the)\b)|adds|stated|states|insisted|insists|argued|argues|"
    r"claimed|claims|declared|denounced|assured|explained|explains|noted|notes|wrote|writes|tweeted|posted|"
    r"announced|warned|warns|admitted|acknowledged|replied|responded|recalled|remarked|commented|asked|asks|"
    r"concluded|continued|confirmed|reported|reports|suggested|stressed|urged|vowed|pledged|promised|demanded|"
    r"described|called|read|reads|revealed|predicted|joked|shouted|testified|observed|emphasi[sz]ed|"
    r"complained|lamented|recounted|denied|quipped|alleged(?=\s+that\b|[,:])|opined|advised|informed|cautioned|conceded|countered|"
    r"emphasi[sz]es|exclaimed|maintained|pointed out|proclaimed|affirmed|praised|criticised|criticized|condemned|"
    r"dismissed|hailed|branded|offered|promises|calls|describes|argue|tell|tweets|indicated)"
)
# The same of the subject of the clause before: "…, saying that …".
_PARTICIPLE = (
    r"(?:saying|telling|adding|stating|insisting|arguing|claiming|declaring|explaining|noting|writing|tweeting|"
    r"announcing|warning|admitting|replying|remarking|commenting|asking|concluding|suggesting|stressing|urging|"
    r"promising|demanding|describing|calling|observing|emphasi[sz]ing|denouncing|quipping|alleging|affirming|posting)"
)
_ADVERB = r"(?:(?:also|later|earlier|then|once|however|further|reportedly|again|[a-z]+ly)\s+)?"
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Rev|St|Jr|Sr)\."
_PROPER = rf"(?:{_TITLE}|[A-Z][\w’'-]*(?:\.[A-Z]\.?)*)"
_LINK = r"(?:of|the|for|and|de|del|della|der|den|van|von|bin|al|el|la|le|du|da|dos|on|in|at|to(?=\sthe)|’s)"
_LOWER = r"[a-z][\w’'-]*"
_ARTICLE = r"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|[Oo]ne|[Aa]nother|[Ss]everal|[Ss]ome|[Oo]ur)"
# Who may speak without a name.
_ROLES = (
    r"(?:officials?|police|officers?|spokes(?:man|woman|person|people)|ministry|minister|ministers|president|presidency|"
    r"government|office|statement|agency|channel|aide|aides|adviser|advisor|source|sources|residents?|witness(?:es)?|"
    r"authorities|court|judge|prosecutors?|lawyers?|attorneys?|company|department|report|letter|mayor|governor|"
    r"senators?|lawmakers?|activists?|researchers?|scientists?|analysts?|experts?|professor|author|authors|coach|"
    r"mother|father|son|daughter|brother|sister|wife|husband|family|neighbou?rs?|survivors?|commander|general|army|"
    r"military|embassy|union|party|group|organi[sz]ation|university|bank|paper|newspaper|text|article|press release|"
    r"description|memo|message|filing|ruling|opinion|complaint|website|tweet|director|manager|student|friends?)"
)
# What "it" may stand for.
_BODIES = r"(?i:ministry|presidency|government|office|statement|agency|company|department|court|union)"
_PRONOUN = r"(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t)"
# A name with what stands before it ("Ukrainian presidential adviser Mykhailo Podolyak"), or a description; before a
# verb also what stands after it ("TASS news agency"), and between commas.
_NOT_PLAIN = (
    "today|yesterday|also|later|earlier|then|once|has|had|have|that|who|which|what|while|whereas|however|although|though|"
    "when|if|as|with|after|before|because|since|but|and|or|where|would|will|could|was|were|is|are|be|been"
)
_PLAIN = rf"(?!(?:{_VERBS}|{_NOT_PLAIN})\b){_LOWER}"
# What a person is, between the name of a house and the person's own: "UCL astronomer Ana Ruiz".
_CALLING = (
    r"(?!(?:after|over|under|never|later|earlier|however|other)\b)[a-z-]+(?:er|or|ist|man|woman|ian|ant|ar|chief|head)"
)
_NAME = rf"(?:{_ARTICLE}\s+)?(?:{_PLAIN}\s+){{0,4}}?{_PROPER}(?:\s+(?:{_PLAIN}\s+){{0,3}}?{_PROPER})*"
_SHORT_NAME = (
    rf"(?:{_ARTICLE}\s+)?(?:{_PLAIN}\s+){{0,4}}?(?:[\w’'-]+['’]s\s+(?:{_PLAIN}\s+){{0,4}}?)?"
    rf"{_PROPER}(?:\s+(?:{_LINK}\s+){{0,2}}{_PROPER})*(?:\s+(?:{_PLAIN}\s+)?{_CALLING}\s+{_PROPER}(?:\s+{_PROPER})+)?"
)
_ROLE = rf"(?:{_ARTICLE}\s+)?(?:(?!{_VERBS}\b)[\w’'-]+\s+){{0,3}}?{_ROLES}"
_WHO = rf"(?P<who>{_PRONOUN}(?=\s)|{_NAME}(?:\s+{_PLAIN}){{0,4}}?|{_ROLE})"
_APPOSED = r"(?P<apposed>,\s[^,\0“”\"]{2,90},|\s\([^)]{1,40}\))?"
_WHO_LAST = rf"(?P<who>{_PRONOUN}\b|{_SHORT_NAME}(?:\s+(?:{_PLAIN}\s+)?{_ROLES}\b)?|{_ROLE}\b)"
_APPOSED_LAST = r"(?P<apposed>,\s(?:an?|the|[A-Z]\w+['’]s)\s[^,.\0“”\"]{2,80}(?=[,.]))?"
_VERB = (
    rf"{_ADVERB}(?:(?:has|had|have)(?:,\s[^,\0]{{2,40}},)?\s+)?(?:(?:went|goes|gone)\s+on\s+to\s+|continued\s+by\s+)?"
    rf"(?P<cue>\b(?:{_VERBS}|(?<=continued by ){_PARTICIPLE})\b)"
)
_ASIDE = r"[,.]?(?:\s*[–—]\s[^–—\0]{2,80}\s[–—])?\s*[–—-]?\s*"

_PAST = (
    r"(?:[a-z]+ed|left|met|made|gave|took|spoke|began|came|went|ran|sent|set|put|won|lost|led|held|fell|broke|wrote)"
)
# What may bring somebody else into a clause.
_SECOND = r"(?:who|whom|which|that|after|when|while|as|because|before|where|since|if|and)"

_AFTER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_ASIDE}{_VERB}\s+{_WHO_LAST}(?!\s+(?:that\b|to\b|{_VERBS}\b)){_APPOSED_LAST}",
        rf"{_ASIDE}{_WHO}{_APPOSED}\s+{_VERB}",
        rf"(?:[^\0.;:]{{0,80}},|,?)\s*(?P<cue>according to)\s+{_WHO_LAST}{_APPOSED_LAST}",
    )
)
_BEFORE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bwith\s+{_WHO}\s+(?P<cue>{_PARTICIPLE})\b(?=(?P<rest>[^\0]{{0,100}})$)",
        rf"(?P<cue>[Aa]ccording to)\s+{_WHO_LAST}(?P<apposed>,\s[^,\0]{{2,90}},)?(?P<rest>,?\s[^\0.]{{0,80}})$",
        rf"(?:^|[,;:){_EARLIER}]\s+(?:and\s+)?|\b(?:[Bb]ut|as|while|with|[Mm]eanwhile|which)\s+){_WHO}{_APPOSED}\s+{_VERB}"
        r"(?=(?P<rest>[^\0]{0,100})$)",
        rf"(?<![\w’'-])(?!by\b)(?P<who>{_SHORT_NAME})(?P<apposed>,\s[^,\0“”\"]{{2,90}})?,?\s+who\s+{_VERB}(?=(?P<rest>[^\0]{{0,100}})$)",
        rf"\b(?:was|were|been)\s+(?P<cue>told|warned|informed)\s+by\s+{_WHO_LAST}(?=(?P<rest>[^\0]{{0,100}})$)",
        # Who did something, saying so, if there is nobody else in the clause.
        rf"(?:^|,\s){_WHO}{_APPOSED}\s+(?:(?:has|had)\s+)?(?:{_VERBS}|{_PAST})\b(?!\s+by\b)"
        rf"(?:(?!\b{_SECOND}\b)[^\0.;:,])*,\s+(?:also\s+)?(?P<cue>{_PARTICIPLE})\b(?=(?P<rest>[^\0]{{0,60}})$)",
    )
)
# After an earlier quotation of the same sentence: what else the same one says.
_ALSO = re.compile(
    rf"[\s,]*(?:and\s+|but\s+)?{_ADVERB}(?P<cue>{_VERBS}|{_PARTICIPLE})\b[^{_EARLIER},;:]{{0,60}}[,:]?\s*$"
)
# A second subject between the verb and the quotation may be the one who speaks.
_OTHER_VERB = re.compile(
    rf"(?:\b(?:that|as|and|after|while|when|who|which)\b|[,:])[^\0]*\b(?:{_VERBS}|{_PARTICIPLE})\b|"
    r"\b(?:displays?|displayed|shows|showed|entitled|titled|dubbed|labell?ed|named|referred|placed)\b"
)
_SUBORDINATE = re.compile(
    r"(?:When|While|If|After|Before|As|Although|Though|Because|Since|Whether|So|However|According)\b"
)
_JOINED = re.compile(rf"{_EARLIER}[\s,]*(?:and|or)\b[^{_EARLIER}]{{0,60}}$")
_CAPITALS = re.compile(rf"(?<![\w’'.-]){_PROPER}(?:\s+{_PROPER})*")
_SMALL_WORDS = """
the a an he she it they this that these those in on at but and as if when while after before for of to from by his her
their its we i you our there here what who how why not no yes one two three meanwhile however monday tuesday wednesday
thursday friday saturday sunday january february march april may june july august september october november december
"""
# What stands before a place or an institution, and not before a person.
_PLACED = re.compile(r"\b(?:in|at|near|from|outside|across|the)\s+$")
_NOT_NAMES = frozenset(_SMALL_WORDS.split())


def speeches(text: str, start: int = 0) -> list[Speech]:
    """The quotations of a text from `start` on that have a speaker, in order."""
    quotations = [Span(*span) for span in marked(text) if span[0] >= start and re.search(r"\w", text[slice(*span)])]
    titles = {quotation for quotation in quotations if _is_title(text[quotation.start : quotation.end])}
    hidden = _hidden(text, quotations)
    shown = _shown(text, quotations)
    blocks = list(paragraphs(text, start))
    begins = [block.start for block in blocks]
    found: list[Speech] = []
    last: Speech | None = None
    last_block = -1
    for quotation in quotations:
        number = bisect_right(begins, quotation.start) - 1
        if number < 0 or quotation in titles:
            continue
        block = blocks[number]
        sentence = _sentence(shown, block, quotation)
        speech = _told(text, hidden, block, sentence, quotation, last if number == last_block else None)
        if speech is None and _alone(hidden, sentence) and last:
            goes_on = number == last_block or (
                number == last_block + 1 and _opens(hidden, block, sentence) and _ends(hidden, blocks[last_block], last)
            )
            speech = replace(last, quoted=quotation, continued=True) if goes_on else None
        if speech:
            found.append(speech)
            last, last_block = speech, number
        elif number != last_block:
            last = None
    return found


def _is_title(words: str) -> bool:
    """Whether quoted words are the name of a work or a thing: most are written with a capital letter."""
    found = [word for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", words) if word.lower() not in _NOT_NAMES]
    return 1 < len(found) <= 8 and all(word[0].isupper() for word in found)


def _hidden(text: str, quotations: Sequence[Span]) -> str:
    """The text with each quotation, marks and all, as so many NULs, but for what ends a sentence within it."""
    characters = list(text)
    for quotation in quotations:
        first, last = max(0, quotation.start - 1), min(len(text), quotation.end + 1)
        characters[first:last] = "\0" * (last - first)
    return "".join(characters)


def _shown(text: str, quotations: Sequence[Span]) -> str:
    """The text with each quotation as one word between its marks, with what ends a sentence within it."""
    characters = list(text)
    for quotation in quotations:
        characters[quotation.start : quotation.end] = "x" * (quotation.end - quotation.start)
        if text[quotation.end - 1] in ".!?":
            characters[quotation.end - 1] = text[quotation.end - 1]
    return "".join(characters)


def _sentence(shown: str, block: Span, quotation: Span) -> Span:
    """The sentence of a paragraph that a quotation stands in."""
    found = (s for s in sentences(shown[block.start : block.end], block.start) if s.start <= quotation.start < s.end)
    return next(found, block)


def _told(text: str, hidden: str, block: Span, sentence: Span, quotation: Span, last: Speech | None) -> Speech | None:
    """What the sentence, or the beginning of the next, says of who said a quotation; `last` is of this paragraph."""
    end = min(len(text), quotation.end + 1)
    rest = hidden[end : max(sentence.end, end)]
    # Before a full stop within the marks, what follows is a sentence of its own to a splitter.
    rest = rest if rest.strip(" .,\0") else hidden[end : min(block.end, end + 200)]
    # What stands after a full stop is about something else.
    ended = text[quotation.start : quotation.end].rstrip(" ]").endswith(".") or hidden[end : end + 1] == "."
    for pattern in () if ended else _AFTER:
        if (told := pattern.match(rest)) and _may_speak(told):
            return _speech(text, hidden, block, quotation, told, end, last)
    before = hidden[sentence.start : max(sentence.start, quotation.start - 1)]
    # An earlier quotation of the same sentence parts a verb from this one, unless both are joined.
    before = before.replace("\0", _EARLIER)
    for pattern in _BEFORE:
        for told in pattern.finditer(before):
            between = told["rest"]
            joined = _EARLIER not in between or _JOINED.search(between)
            if _may_speak(told) and joined and not _OTHER_VERB.search(between):
                return _speech(text, hidden, block, quotation, told, sentence.start, last)
    earlier = before.rfind(_EARLIER) + 1
    also = _ALSO.match(before, earlier)
    if also and last and sentence.start + earlier - 1 <= last.quoted.end + 1:
        return replace(last, quoted=quotation, cue=_shifted(also.span("cue"), sentence.start), continued=False)
    return None


def _shifted(span: tuple[int, int], offset: int) -> Span:
    return Span(offset + span[0], offset + span[1])


def _may_speak(told: re.Match[str]) -> bool:
    words = told["who"].split()
    named = [word for word in words if word[0].isupper() and word.lower() not in _NOT_NAMES]
    if _SUBORDINATE.match(told["who"]) or words[-1] in {"I", "We"} or words[-1].endswith(("'s", "’s")):
        return False
    return bool(named or re.fullmatch(_PRONOUN, told["who"]) or re.search(rf"\b{_ROLES}$", told["who"]))


def _speech(
    text: str, hidden: str, block: Span, quotation: Span, told: re.Match[str], offset: int, last: Speech | None
) -> Speech | None:
    end = told.end("apposed") if told.groupdict().get("apposed") else told.end("who")
    speaker = Span(offset + told.start("who"), offset + end)
    words = text[speaker.start : speaker.end]
    trimmed = words.rstrip(",")
    speaker = Span(speaker.start, speaker.start + len(trimmed))
    cue = _shifted(told.span("cue"), offset)
    if not re.fullmatch(_PRONOUN, trimmed):
        return Speech(quotation, speaker, cue)
    meant = _meant(hidden, block, speaker, last) if trimmed.lower() in {"he", "she"} else None
    if trimmed.lower() == "it" and last and re.search(rf"\b{_BODIES}\b", text[last.named.start : last.named.end]):
        meant = last.named
    return Speech(quotation, speaker, cue, meant) if meant else None


def _meant(hidden: str, block: Span, pronoun: Span, last: Speech | None) -> Span | None:
    """The one person in the paragraph before "he" or "she"; None where several may be meant, or none.

    That is who spoke last there, or else the only name, if no other comes between. A single word is one where it ends a
    longer name somewhere in the text.
    """
    since = max(block.start, last.speaker.end) if last else block.start
    found = [name for name in _CAPITALS.finditer(hidden, since, pronoun.start) if _is_person(hidden, name)]
    names = {name.group().split()[-1]: Span(*name.span()) for name in found}
    if last:
        same = names.keys() <= set(hidden[last.named.start : last.named.end].split())
        return last.named if same and not _is_body(hidden, last.named) else None
    return next(iter(names.values())) if len(names) == 1 else None


def _is_body(hidden: str, named: Span) -> bool:
    """Whether an institution is named, or nobody whose name is known to be a person's."""
    if re.search(rf"\b{_BODIES}\b", hidden[named.start : named.end]):
        return True
    names = [*_CAPITALS.finditer(hidden, named.start, named.end)]
    return bool(names) and not any(_is_person(hidden, name) for name in names)


def _is_person(hidden: str, name: re.Match[str]) -> bool:
    """Whether a person may be named so: by two words or more, or by the last of them."""
    words = " ".join(word for word in name.group().split() if word.lower() not in _NOT_NAMES)
    if not words or words.endswith(("'s", "’s")) or _PLACED.search(hidden, max(0, name.start() - 12), name.start()):
        return False
    longer = rf"(?<![\w’'.-])(?!(?:The|In|On|At)\b){_PROPER}\s+{re.escape(words)}\b"
    return " " in words or bool(re.search(longer, hidden))


def _alone(hidden: str, sentence: Span) -> bool:
    """Whether a sentence is nothing but a quotation."""
    return not hidden[sentence.start : sentence.end].strip("\0 .,…'\"“”‘’")


def _opens(hidden: str, block: Span, sentence: Span) -> bool:
    return not hidden[block.start : sentence.start].strip("\0 .,'\"“”‘’")


def _ends(hidden: str, block: Span, last: Speech) -> bool:
    """Whether the paragraph says nothing more after a quotation and who said it."""
    after = max(last.quoted.end + 1, last.cue.end, last.speaker.end)
    return not re.search(r"[.!?]\s+\S", hidden[after : block.end].replace("\0", ""))
