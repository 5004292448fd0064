"""What a program may ask, checked before anything is done: one definition for HTTP and for MCP."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.answer import Way
from bot.answering import MAX_QUESTION_CHARS
from bot.quotations import MAX_MESSAGE_CHARS
from bot.settings import MAX_EXCERPTS

# Articles in a list at once, and where nobody says how many.
MAX_ROWS = 1000
ROWS = 100
# The longest name of an outlet or an article, and the longest day, as people write them.
_NAME = 500
# An id is a path, and whatever stands for an article within the file.
MAX_ID = 5000
_DAY = 60

Outlets = Annotated[list[Annotated[str, Field(max_length=_NAME)]], Field(max_length=100)]
Day = Annotated[str, Field(max_length=_DAY)]


class Asked(BaseModel):
    """What is asked; a name that means nothing here is an error, and no silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Question(Asked):
    """A question, of which articles, and how it is to be answered."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)
    """A question about the coverage, in the language of its articles; one or two words look for mentions of them."""
    outlets: Outlets = []
    """Only articles of these outlets; all where it is empty."""
    since: Day | None = None
    """Only articles published on this day or later: 2023-05-03, 3 May 2023, last Monday."""
    until: Day | None = None
    """Only articles published on this day or earlier."""
    way: Way = Way.BEST
    """The best excerpts; one from each article (compared); figures and where they differ; what a person is quoted as
    saying (said); by the days that are spoken of (timeline); the earliest article (first); what no other outlet carries
    (only_in: the outlet, or "outlet about …")."""
    count: int | None = Field(None, ge=1, le=MAX_EXCERPTS)
    """How many excerpts; a few where it is null."""


class Text(Asked):
    """A text with quotations in it."""

    text: str = Field(max_length=MAX_MESSAGE_CHARS)
    """What stands in quotation marks in it is held against the articles; all of it where nothing does."""


class Wanted(Asked):
    """Which articles a list has, and which part of it."""

    outlets: Outlets = []
    """Only articles of these outlets; all where it is empty."""
    since: Day | None = None
    """Only articles published on this day or later."""
    until: Day | None = None
    """Only articles published on this day or earlier."""
    words: str = Field("", max_length=_NAME)
    """Only articles whose title has all these words."""
    skip: int = Field(0, ge=0)
    """How many of the first are left out."""
    limit: int = Field(ROWS, ge=1, le=MAX_ROWS)
    """How many are listed at most."""


class Stretch(Asked):
    """A stretch of a stored text, in characters; all of it where nothing is said."""

    start: int = Field(0, ge=0)
    """Where it begins, as the `start` of an excerpt has it."""
    end: int | None = Field(None, ge=0)
    """Where it ends; null for the end of the text."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise ValueError("end comes before start")
        return self


class Which(Stretch):
    """An article, and which stretch of it."""

    id: str = Field(max_length=MAX_ID)
    """Its id, or the hash of its text, as an excerpt or the list of sources gives it."""


class Nothing(Asked):
    """Nothing is asked but how things are."""
