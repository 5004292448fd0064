"""Words → the passages that mention them, for a query that asks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index import features
from index.model import ANY
from index.search import POOL, Hit, Ranking, SentenceHit

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.model import Candidate, Filters
    from index.store import Store


def mentions(query: str, store: Store, encoder: Encoder, filters: Filters = ANY) -> Ranking:
    """The passages in which the words of a query stand, best first; none where some word stands in no article.

    Words count in every form and names in every spelling, as the store matches them; a phrase in quotation marks must
    stand as it is. Passages with only some of the words count where none has all. A hit's `score` is the share of the
    words' weight (idf) that stands in it. Only articles that pass `filters` take part.
    """
    terms, phrases = features.terms(query), features.phrases(query)
    if not all(store.articles_with([term], filters, 1) for term in terms):
        return Ranking((), 0.0)
    found = store.search(encoder.encode([query])[0], terms, filters, POOL)
    found = [c for c in found if all(features.holds(c.passage.text, phrase) for phrase in phrases)]
    found = [c for c in found if any(sentence.matched for sentence in c.sentences)]
    found = [c for c in found if c.matched.issuperset(terms)] or found
    asked = features.analyse(query, store.document_frequency(terms), store.manifest.passages)
    most = max((candidate.lexical for candidate in found), default=0.0) or 1.0

    def order(candidate: Candidate) -> tuple[float, float, str, int]:
        share, passage = features.coverage(asked, candidate.matched), candidate.passage
        return -share, -candidate.dense - candidate.lexical / most, passage.source.id, passage.start

    hits = tuple(_hit(asked, candidate) for candidate in sorted(found, key=order))
    return Ranking(hits, 1.0 if hits else 0.0)


def _hit(asked: features.Question, candidate: Candidate) -> Hit:
    best = max(candidate.sentences, key=lambda s: (features.coverage(asked, s.matched), s.lexical))
    sentences = tuple(SentenceHit(candidate.passage, s.span, s.lexical, {}) for s in candidate.sentences)
    return Hit(candidate.passage, best.span, features.coverage(asked, candidate.matched), sentences)
