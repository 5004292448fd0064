"""Answers, excerpts in context, verifications and stored texts as Slack messages. Pure: nothing here talks to Slack.

A quotation is a quote of rich text. Its words are texts without a style, in bold where they answer: joined, over all
messages, they are the stored span. What we put around them is in italics. Where something does not fit, it goes on in a
further message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import credit, verdicts, wording
from bot.citing import Form, cite
from bot.slack.blocks import (
    BLOCKS_LIMIT,
    LINE_LIMIT,
    MESSAGE_LIMIT,
    NAME_LIMIT,
    TEXT_LIMIT,
    Message,
    Piece,
    button,
    citation,
    context,
    end_of,
    headline,
    line,
    messages,
    option,
    part,
    plain,
    rich,
    row,
    section,
    shorten,
    text,
    texts,
    weigh,
    weight,
)
from index.passages import paragraph_spans
from index.tokens import Change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.answer import Answer, Excerpt, Refusal
    from bot.carried import Carried
    from bot.quotations import Verification
    from bot.records.sent import Context
    from bot.slack.blocks import Block
    from index.findings import Finding, Standing
    from index.model import Article
    from index.tokens import Segment

# What the buttons of an answer are called, by what they do.
LABELS = {
    "context": "Context",
    "cite": "Cite",
    "carried": "Carried by",
    "file": str(wording.AS_FILES),
    "more": "More",
    "others": "The others",
    "sources": "Sources",
    "alone": "Ask it alone",
    "closest": "Show the closest",
    "share": "Share",
    "remove": "Remove",
    "helpful": "Helpful",
    "not_helpful": "Not helpful",
    "not_an_answer": "Not an answer",
    "wrong_source": "Wrong source",
}
_FORMS = {
    Form.FOOTNOTE: "Footnote",
    Form.MARKDOWN: "Markdown",
    Form.HTML: "HTML",
    Form.CSL: "CSL-JSON",
    Form.BIBTEX: "BibTeX",
    Form.RIS: "RIS",
}
_STYLES = {"share": "primary"}
# Characters of a message's timestamp, with some to spare.
_TIMESTAMP = 20
# Where else the same words stand is named one by one up to this weight.
_ALSO_LIMIT = 1000
# What is shown at least of the text on each side of an excerpt, and what its blocks weigh without its words.
_AROUND_LEAST = 200
_AROUND_BLOCKS = 400


def answer_messages(
    answer: Answer,
    *,
    show_question: bool,
    key: str | None = None,
    private: bool = False,
    asker: str = "",
    alone: bool = False,
) -> list[Message]:
    """An answer with every excerpt whole and its source with it; one message where it fits into one.

    `key` is what the answer is kept under; without it there are no buttons. `asker` is the name of who asked, which is
    said with the question and pings nobody. `alone` tells that the question took words of another, and may be asked
    without them.
    """
    opening = f"{line(asker, NAME_LIMIT)} asks" if asker else "Question"
    question = (context(plain(f"{opening}: {answer.question}", LINE_LIMIT)),) if show_question else ()
    if answer.refusal:
        offered = {"closest": answer.refusal.closest, "remove": not private, "alone": alone}
        pressable = _buttons(key, *(what for what, there in offered.items() if there))
        return messages(_refusal(answer.refusal, question, pressable))
    remarks = (section(text(line(remark), bold=True)) for remark in wording.remarks(answer))
    whats = (
        "carried",
        "file",
        "more",
        "sources",
        "share" if private else "remove",
        "helpful",
        "not_helpful",
        *(["alone"] * alone),
    )
    last = _buttons(key, *whats)
    counts = Piece(before=(context(plain(wording.counts(answer))),), buttons=(*_contexts(answer, key), *last))
    return messages([Piece(before=(*question, *remarks)), *map(_quotation, answer.excerpts), counts])


def news_messages(
    title: str, answer: Answer, more: int, key: str | None, *, remarks: Sequence[str] = (), private: bool = False
) -> list[Message]:
    """Excerpts that are new for a follow, with buttons as an answer has them; one shows the others, where there are."""
    head = (section(text(line(title), bold=True)), *(section(text(line(remark))) for remark in remarks))
    pressable: tuple[Block, ...] = ()
    if key:
        others = _buttons(key, "others", number=answer.excerpts[-1].number) if more else ()
        whats = ("sources", *([] if private else ["remove"]), "helpful", "not_helpful")
        pressable = (*_contexts(answer, key), *others, *_buttons(key, *whats))
    foot = (context(plain(wording.and_more(more))),) if more else ()
    return messages([Piece(head), *map(_quotation, answer.excerpts), Piece(foot, buttons=pressable)])


def _contexts(answer: Answer, key: str | None) -> tuple[Block, ...]:
    """A menu of excerpts whose context may be seen; of one excerpt, a button."""
    if key is None or len(answer.excerpts) == 1:
        return _buttons(key, "context", number=answer.excerpts[0].number)
    options = [
        option(f"{excerpt.number}. {credit.origin(excerpt.source)}", f"{key} {excerpt.number}")
        for excerpt in answer.excerpts
    ]
    return ({"type": "static_select", "action_id": "context", "placeholder": plain("Context"), "options": options},)


def removing(answer: Message, others: Sequence[str]) -> Message:
    """The last message of an answer, its button to remove it naming the others too, as far as there is room.

    `others` are timestamps; the button's value is the key and they, with blanks between.
    """
    named = " ".join(["", *others[: (BLOCKS_LIMIT - MESSAGE_LIMIT) // _TIMESTAMP]])

    def naming(block: Block) -> Block:
        if block["type"] != "actions":
            return block
        elements = (
            {**element, "value": element["value"] + named} if element["action_id"] == "answer:remove:0" else element
            for element in block["elements"]
        )
        return {**block, "elements": list(elements)}

    return replace(answer, blocks=tuple(map(naming, answer.blocks)))


def context_messages(found: Context, key: str) -> list[Message]:
    """An excerpt whole, the stored text around it as far as that fits, and buttons to cite it or say what is wrong."""
    excerpt = found.excerpt
    head = context(plain(f"The stored text around excerpt {excerpt.number}"))
    bare = Piece(
        before=(head,),
        quoted=_words(excerpt),
        cited=_cited(excerpt),
        buttons=_buttons(key, "cite", "not_an_answer", "wrong_source", number=excerpt.number),
    )
    room = MESSAGE_LIMIT - weigh([*bare.blocks(), *bare.buttons]) - 2 * _AROUND_BLOCKS
    before, after = found.before.strip(), found.after.strip()
    piece = _around(bare, head, before, after, room)
    if weigh([*piece.blocks(), *piece.buttons]) > MESSAGE_LIMIT:
        # In a block, backslashes and quotation marks weigh twice what they weigh in a text.
        piece = _around(bare, head, before, after, room // 2)
    return messages([piece])


def carried_messages(found: Carried) -> list[Message]:
    """Which other articles carry a statement: each with its words and its place, in bold what says it or differs."""
    pieces = [_quotation(found.statement, section(text(wording.CARRIED, bold=True)))]
    for number, excerpt in enumerate(found.otherwise):
        head = () if number else (section(text(wording.OTHERWISE, bold=True)),)
        pieces.append(_quotation(excerpt, *head))
    for number, version in enumerate(found.versions):
        head = () if number else (section(text(wording.VERSIONS, bold=True)),)
        quoted = [e for words, bold in version.parts for e in (texts(words, bold=True) if bold else texts(words))]
        cited = (citation(version.source, credit.paragraph(version.paragraph)),)
        pieces.append(Piece(before=head, quoted=tuple(quoted), cited=cited))
    remarks = (context(plain(remark, LINE_LIMIT)) for remark in wording.carried_remarks(found))
    return messages([*pieces, *(Piece(before=(remark,)) for remark in remarks)])


def citation_messages(excerpt: Excerpt, accessed: date) -> list[Message]:
    """An excerpt to cite in each form, to be copied as it stands."""
    pieces = []
    for form, name in _FORMS.items():
        cuts = (rich(part("preformatted", cut)) for cut in texts(cite([excerpt], form, accessed)))
        pieces += [Piece(before=(section(text(f"{name}:", bold=True)), next(cuts))), *(Piece((cut,)) for cut in cuts)]
    return messages([Piece((context(plain(f"Excerpt {excerpt.number} to cite")),)), *pieces])


def _around(bare: Piece, head: Block, before: str, after: str, room: int) -> Piece:
    """An excerpt between as much of what stands around it as fits into `room`."""
    # A side that needs less than its half leaves the rest to the other.
    half = max(room // 2, _AROUND_LEAST)
    sides = (end_of(before, max(half, room - weight(after))), shorten(after, max(half, room - weight(before))))
    above, below = ((section(*texts(side)),) if side else () for side in sides)
    return Piece((head, *above), bare.quoted, after=below, cited=bare.cited, buttons=bare.buttons)


def closest_messages(excerpt: Excerpt) -> list[Message]:
    """What is nearest to a question that was refused, as no answer."""
    return messages([_quotation(excerpt, section(text(wording.NOT_AN_ANSWER, bold=True)))])


def verification_messages(found: Verification, key: str | None = None) -> list[Message]:
    """What became of every quotation of a text: its verdict, its words, and the places that bear it out.

    What is kept under `key` can be had as files.
    """
    head = [section(text(verdicts.verified(found), bold=True))]
    if any(finding.segments for finding in found.findings):
        legend = (text("Struck out", strike=True), text(" is only in the quotation, "), text("bold", bold=True))
        head.append(section(*legend, text(" only in the article.")))
    findings = (_finding(number, finding) for number, finding in enumerate(found.findings, start=1))
    pieces = [Piece(before=tuple(head)), *(piece for pieces in findings for piece in pieces)]
    pieces += [Piece(buttons=(button(LABELS["file"], "file", key),))] if key else []
    return messages(pieces, compared=True)


def text_messages(article: Article) -> list[Message]:
    """The whole stored text of an article as it stands, cut between messages at paragraphs where it can be."""
    starts = [paragraph.start for paragraph in paragraph_spans(article)]
    head = section(text(headline(article.source), bold=True))
    return messages([Piece((head,), tuple(texts(article.text, starts)), cited=(citation(article.source),))])


def _refusal(refusal: Refusal, question: tuple[Block, ...], buttons: tuple[Block, ...]) -> list[Piece]:
    message = section(text(shorten(refusal.message, TEXT_LIMIT), bold=True))
    nearest = [section(text(f"{wording.NEAREST}:"))] if refusal.nearest else []
    nearest += [row(source, mark="• ") for source in refusal.nearest]
    return [Piece(before=(*question, message)), Piece(before=tuple(nearest), buttons=buttons)]


def _quotation(excerpt: Excerpt, *before: Block) -> Piece:
    return Piece(
        before=before,
        quoted=_words(excerpt),
        opening=f"{wording.TRIMMED} " if excerpt.trimmed_before else "",
        closing=f" {wording.TRIMMED}" if excerpt.trimmed_after else "",
        cited=_cited(excerpt),
    )


def _words(excerpt: Excerpt) -> tuple[Block, ...]:
    shown: list[Block] = []
    at = excerpt.start
    for words, style in zip(excerpt.parts, ({}, {"bold": True}, {}), strict=True):
        shown += texts(words, [sentence.start - at for sentence in excerpt.passage.sentences], **style)
        at += len(words)
    return tuple(shown)


def _cited(excerpt: Excerpt) -> tuple[Block, ...]:
    """Where an excerpt stands, and in small print where else its words do."""
    where = citation(excerpt.source, credit.place(excerpt), number=excerpt.number or None, words_link=excerpt.link)
    also = next((also for also in credit.also_in(excerpt) if weight(also) <= _ALSO_LIMIT), None)
    return (where, context(plain(also, LINE_LIMIT))) if also else (where,)


def _buttons(key: str | None, *whats: str, number: int = 0) -> tuple[Block, ...]:
    """Buttons of an answer, or of one of its excerpts: what one does is its action, the answer's key its value."""
    if key is None:
        return ()
    return tuple(button(LABELS[what], f"answer:{what}:{number}", key, _STYLES.get(what)) for what in whats)


def _finding(number: int, finding: Finding) -> list[Piece]:
    """A quotation with its verdict and its notes up to the first place; every further place by itself."""
    verdict = section(text(f"{number}. {verdicts.VERDICTS[finding.verdict]}", bold=True))
    if finding.segments:
        quoted = [words for segment in finding.segments for words in _stretches(segment)]
    else:
        quoted = texts(finding.quotation.text)
    told = verdicts.finding_notes(finding)
    first = next((n for n, note in enumerate(told, start=1) if not isinstance(note, str)), len(told))
    notes = [_note(note) for note in told]
    further = (Piece(before=(note,)) for note in notes[first:])
    return [Piece((verdict,), tuple(quoted), cited=tuple(notes[:first])), *further]


def _note(note: str | Standing) -> Block:
    if isinstance(note, str):
        return context(plain(note, LINE_LIMIT))
    return citation(note.source, f"paragraph {note.paragraph}{verdicts.typography(note)}")


def _stretches(segment: Segment) -> list[Block]:
    """A stretch of a quotation: struck out what only the quotation has, in bold what only the article has.

    What marks words that are left out is not struck out. White space around words that differ is shown as the quotation
    has it.
    """
    if segment.change is Change.EQUAL:
        return texts(segment.quoted)
    spaced = segment.quoted or segment.printed
    before, after = spaced[: len(spaced) - len(spaced.lstrip())], spaced[len(spaced.rstrip()) :]
    struck = texts(segment.quoted.strip(), strike=segment.change is not Change.LEFT_OUT)
    bold = texts(segment.printed.strip(), bold=True)
    between = texts(" ") if struck and bold else []
    return [*texts(before), *struck, *between, *bold, *texts(after)]
