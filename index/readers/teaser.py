"""Whether a page holds only the beginning of its article, as pages do whose rest is for subscribers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A line that says how much of the article is left, and one that asks for a subscription to read on.
_LEFT_TO_READ = re.compile(
    r"\d\s?%\s.{0,40}(?:left to read|remaining|to read|à lire|zu lesen|por leer|da leggere|te lezen)"
    r"|(?:left to read|il vous reste|te queda|ti resta|noch).{0,30}\d\s?%",
    re.IGNORECASE,
)
_TO_READ_ON = re.compile(
    r"\b(?:subscribe|sign (?:in|up)|log ?in|register|join|subscription)\b.{0,25}\bto (?:continue|keep|read|unlock)"
    r"|\bsubscribe (?:now|today)|\bcontinue reading (?:with|by)|\balready a (?:subscriber|member)"
    r"|\b(?:article|story|content) is (?:\w+ )?(?:for|available to|reserved for) (?:\w+ )?(?:subscribers|members)"
    r"|\b(?:subscriber|member)s?[- ](?:only|exclusive)|réservée? (?:à nos|aux) abonn|pour lire la suite|déjà abonné"
    r"|abonnez-vous|weiterlesen mit|jetzt (?:weiterlesen|abonnieren|testen)|möchten (?:sie )?weiterlesen"
    r"|(?:nur|exklusiv) für abonnent|bereits abonnent|para suscriptores|suscr[ií]bete|ya eres suscriptor"
    r"|riservat[oa] agli abbonati|abbonati (?:per|ora)|sei già abbonato|lees verder met|al abonnee"
    r"|for abonnenter|bli abonnent|för prenumeranter|exclusivo para assinantes|assine (?:já|agora|para)"
    r"|tylko dla subskrybentów|только для подписчиков",
    re.IGNORECASE,
)
_MAX_CALL_CHARS = 300
_CUT = re.compile(r"(?:…|\.\.\.)\s*[\])]?\s*$")
# Where a page states more than this many times the words that it shows, the rest is elsewhere.
_TIMES_LONGER = 2
# Below this, what stands before a call to subscribe is not the whole.
_TEASER_WORDS = 400


def calls_to_subscribe(lines: Iterable[str]) -> list[str]:
    """Those of the lines that tell how much is left to read, or ask for a subscription to read on."""
    return [
        line
        for line in lines
        if len(line) <= _MAX_CALL_CHARS and (_LEFT_TO_READ.search(line) or _TO_READ_ON.search(line))
    ]


def is_teaser(paragraphs: Sequence[str], calls: Sequence[str], said: Mapping[str, Any]) -> bool:
    """Whether these paragraphs are only the beginning of the article.

    Args:
        paragraphs: what was taken, without the calls.
        calls: what the page has of `calls_to_subscribe` at the end of it.
        said: what its schema.org data say of the article.

    """
    if any(map(_LEFT_TO_READ.search, calls)):
        return True
    cut = bool(paragraphs and _CUT.search(paragraphs[-1][-20:]))
    if str(said.get("isAccessibleForFree")).lower() != "false":
        return cut and bool(calls)
    shown = sum(len(paragraph.split()) for paragraph in paragraphs)
    return cut or (bool(calls) and shown < _TEASER_WORDS) or words_missing(paragraphs, said) > 0


def words_missing(paragraphs: Sequence[str], said: Mapping[str, Any]) -> int:
    """How many words are not here, where the article's schema.org data say that it has more than twice as many.

    Some pages state the number of characters as that of words.
    """
    count = str(said.get("wordCount", ""))
    stated = int(count) if re.fullmatch(r"[0-9]{1,6}", count) else 0
    shown = sum(len(paragraph.split()) for paragraph in paragraphs)
    chars = sum(map(len, paragraphs))
    return stated - shown if stated > _TIMES_LONGER * shown and not chars / 2 < stated < chars * 3 / 2 else 0
