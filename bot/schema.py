"""The JSON contract as types, which what makes it is checked against, and from which schemas are made."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads no other below Python 3.12

from bot.answer import Reason
from index.findings import Verdict

Mode = Literal["question", "mentions", "compared", "figures", "said", "timeline", "first", "only_in"]
# The kinds of passages that are quoted.
QuotedKind = Literal["body", "caption", "embed"]


class Card(TypedDict):
    """An article's card, as `Source.card()` gives it; what is not known is null."""

    id: str
    title: str
    title_given: bool
    outlet: str | None
    author: str | None
    published: str | None
    url: str | None
    sha256: str
    teaser: bool


class Span(TypedDict):
    """Offsets, in characters: `text[start:end]`."""

    start: int
    end: int


class Speaker(TypedDict):
    """Who an article says that a quotation is of, as `index.model.Speaker`."""

    words: str
    meant: str
    goes_on: bool


class Moment(Span):
    """Words that name days: `meant` in ISO 8601, worked out `by` the article's day; null where that is not so."""

    meant: str | None
    by: str | None


class Words(Span):
    """Words of an article: `stored_text[start:end] == text`."""

    text: str
    article: Card
    paragraph: int


class Differing(Span):
    """A figure of an excerpt, for which another article has the one that stands `there`."""

    there: Words


class Excerpt(Words):
    """What is quoted; `answer` are the words in it that answer, as offsets into the stored text too."""

    number: int
    answer: Span | None
    kind: QuotedKind
    score: float | None
    speaker: Speaker | None
    moments: list[Moment]
    differing: list[Differing]
    link: str | None


class Refusal(TypedDict):
    """Why nothing is quoted, and the articles nearest to the question; `closest` is no answer."""

    reason: Reason
    message: str
    nearest: list[Card]
    closest: Excerpt | None


class Answer(TypedDict):
    """The answer to a question: excerpts, or a refusal."""

    question: str
    mode: Mode
    answered: bool
    refusal: Refusal | None
    excerpts: list[Excerpt]
    without: list[Card]
    described: list[Words]
    articles_in_index: int
    generation: int
    elapsed_ms: float | None


class Also(TypedDict):
    """Another place where words stand, the same or nearly."""

    article: Card
    paragraph: int


class Version(Words):
    """A quotation in one article's words; `differing` are those that are not the first version's."""

    differing: list[Span]


class Carried(TypedDict):
    """Which other articles carry what an excerpt says, and in which words; offsets are into the articles' texts."""

    statement: Excerpt
    same_words: list[Also]
    nearly_the_same: list[Also]
    in_other_words: list[Excerpt]
    quotation: list[Version]
    not_found_in: list[Card]


class Place(Words):
    """Where a quotation stands, how the look of it differs there, and who said it by that article."""

    differs_in: list[str]
    speaker: Speaker | None


class Part(Span):
    """A part of a stitched quotation, as offsets into it, and where that stands."""

    places: list[Place]


class Finding(Span):
    """What became of a quotation, `text[start:end]` of what was read."""

    quotation: str
    verdict: Verdict
    places: list[Place]
    parts: list[Part]
    outlets: list[str]
    given_to: str | None
    until: str | None
    more: bool
    telling: bool


class Listing(TypedDict):
    """A row of the list of sources; `indexed_at` is when this text was first indexed, in ISO 8601."""

    article: Card
    language: str | None
    passages: int
    indexed_at: str


class Verification(TypedDict):
    """What became of the quotations of a text, in order; `cut` tells that it may have more than were held."""

    quotations: list[Finding]
    cut: bool


class Sources(TypedDict):
    """How many articles are like what was asked for, and some of them, by id."""

    articles: int
    sources: list[Listing]


class Stored(Span):
    """A stretch of an article's stored text, which has `length` characters: `stored_text[start:end] == text`."""

    article: Card
    text: str
    length: int


class Status(TypedDict):
    """Which generation is served, what of it may be seen, and a warning where an older one stands in."""

    generation: int
    built_at: str
    articles: int
    passages: int
    model: str
    warning: str | None


class Problem(TypedDict):
    """Why nothing is told: a sentence for a person."""

    error: str
