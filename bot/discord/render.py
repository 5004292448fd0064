"""Answers, what is shown about them, and verifications as Discord messages. Pure: nothing here talks to Discord.

A quotation is shown as Discord's block quote; the words in it that answer are in bold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import credit, verdicts, wording
from bot.answer import Excerpt
from bot.carried import Version
from bot.citing import Form, cite
from bot.discord import blocks
from bot.discord.blocks import CHOICE_CHARS, CONTENT_LIMIT, LAYOUT_LIMIT, escape, plain, quote, shorten, width
from bot.tongue import say
from index.shown import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from bot.answer import Answer, Refusal
    from bot.carried import Carried
    from bot.quotations import Verification
    from bot.records.sent import Context
    from index.findings import Finding, Standing
    from index.tokens import Segment

# The buttons of answers: what each does, its label and its look.
BUTTONS = {
    "context": (say("Context"), discord.ButtonStyle.secondary),
    "cite": (say("Cite"), discord.ButtonStyle.secondary),
    "carried": (say("Carried by"), discord.ButtonStyle.secondary),
    "carried_more": (say("More"), discord.ButtonStyle.secondary),
    "file": (wording.AS_FILES, discord.ButtonStyle.secondary),
    "more": (say("More"), discord.ButtonStyle.secondary),
    "others": (say("The others"), discord.ButtonStyle.secondary),
    "sources": (say("Sources"), discord.ButtonStyle.secondary),
    "alone": (say("Ask it alone"), discord.ButtonStyle.secondary),
    "closest": (say("Show the closest"), discord.ButtonStyle.secondary),
    "share": (say("Share"), discord.ButtonStyle.primary),
    "remove": (say("Remove"), discord.ButtonStyle.secondary),
    "helpful": (say("Helpful"), discord.ButtonStyle.secondary),
    "not_helpful": (say("Not helpful"), discord.ButtonStyle.secondary),
    "not_an_answer": (say("Not an answer"), discord.ButtonStyle.secondary),
    "wrong_source": (say("Wrong source"), discord.ButtonStyle.secondary),
}
# Articles, and versions of a quotation, that are shown at once of those that carry a statement.
CARRIED_PER_PAGE = 6
_HEADS_LIMIT, _REMARK_LIMIT = 500, 900
REPORT_FILE = "verification.txt"
# With more excerpts than this, a text for each citation and a line after it would be more components than a message
# may have.
_SPACED = 6
# Characters of context around an excerpt, on each side: at most, and at least where there are so many.
_AROUND = (900, 200)
# Findings that are shown in one message at most. Where they do not fit whole: characters of a quotation and of a
# stretch of it that are always shown, and characters of notes and places.
FINDINGS = 10
_FINDING_LIMIT = 300
_STRETCH_LIMIT = 120
_NOTES_LIMIT = 900
_NEAREST_LIMIT = 700  # characters of an article near to a question that was refused


def answer_view(
    answer: Answer,
    *,
    show_question: bool,
    button: Callable[..., ui.Item[Any]] | None = None,
    menu: Callable[[list[discord.SelectOption]], ui.Item[Any]] | None = None,
    private: bool = False,
    share: bool = True,
    alone: bool = False,
) -> ui.LayoutView:
    """An answer as one message. All excerpts and their sources are in it; long quotes are cut, marked with […].

    `button` makes one from what it does and the number of its excerpt, `menu` a menu of excerpts whose context may be
    seen; without the first there are neither. A `private` answer can be made public where it may be shared. `alone`
    tells that the question took words of another, and may be asked without them.
    """
    asked = shorten(" ".join(answer.question.split()), 200)
    question = f"-# {say('Question: {question}', question=asked)}" if show_question else ""
    if answer.refusal:
        view = blocks.view([question], [_refusal(answer.refusal)])
        offered = {"closest": answer.refusal.closest, "remove": not private, "alone": alone}
        row = [button(what) for what, there in offered.items() if there] if button else []
        return view.add_item(ui.ActionRow(*row)) if row else view
    head = "\n".join(filter(None, [question, *(f"**{shorten(remark, 200)}**" for remark in wording.remarks(answer))]))
    foot = f"-# {escape(wording.counts(answer))}"
    view = excerpts_view(head, answer.excerpts, foot)
    if button is None or menu is None:
        return view
    several = len(answer.excerpts) > 1
    if several:
        view.add_item(ui.ActionRow(menu(list(map(_option, answer.excerpts)))))
    row = [] if several else [button("context", answer.excerpts[0].number)]
    row.append(button("carried"))
    view.add_item(ui.ActionRow(*row, button("file"), *([button("alone")] if alone else [])))
    last = ["share"] * share if private else ["remove"]
    whats = ("more", "sources", *last, "helpful", "not_helpful")
    return view.add_item(ui.ActionRow(*map(button, whats)))


def excerpts_view(head: str, excerpts: Sequence[Excerpt], foot: str) -> ui.LayoutView:
    """Excerpts and their sources between two lines; long quotes are cut, marked with […]."""
    room = LAYOUT_LIMIT - width(head) - width(foot) - len(excerpts)
    citations = [_citation(excerpt, room * 2 // 3 // len(excerpts)) for excerpt in excerpts]
    room -= sum(map(width, citations))
    limit = blocks.equal_share([width(_quotation(excerpt, LAYOUT_LIMIT)) for excerpt in excerpts], room)
    quotations = [_quotation(excerpt, limit) for excerpt in excerpts]
    spaced = len(citations) <= _SPACED
    shown = [list(texts) if spaced else ["\n".join(texts)] for texts in zip(quotations, citations, strict=True)]
    return blocks.view([head], *shown, [foot], lined=spaced)


def news_view(
    head: str,
    excerpts: Sequence[Excerpt],
    foot: str,
    *,
    button: Callable[..., ui.Item[Any]] | None = None,
    menu: Callable[[list[discord.SelectOption]], ui.Item[Any]] | None = None,
    more: bool = False,
    private: bool = False,
) -> ui.LayoutView:
    """Excerpts that are new for a follow, with buttons as an answer has them; with `more`, one shows the others."""
    view = excerpts_view(head, excerpts, foot)
    if button is None or menu is None:
        return view
    view.add_item(ui.ActionRow(menu(list(map(_option, excerpts)))))
    row = [button("others", excerpts[-1].number)] if more else []
    row += [button("sources"), *([] if private else [button("remove")])]
    return view.add_item(ui.ActionRow(*row, button("helpful"), button("not_helpful")))


def context_view(found: Context, button: Callable[..., ui.Item[Any]]) -> ui.LayoutView:
    """An excerpt as a quotation, the stored text around it as it stands, and buttons to cite it or say what is wrong.

    What does not fit is cut, marked with `…` in the text around and with […] in the excerpt.
    """
    excerpt = found.excerpt
    head = f"-# {say('The stored text around excerpt {number}', number=excerpt.number)}"
    citation = _citation(excerpt, LAYOUT_LIMIT // 3)
    most, least = _AROUND
    room = LAYOUT_LIMIT - width(head) - width(citation)
    quotation = _quotation(excerpt, room - 2 * least, trims=False)
    around = min(most, (room - width(quotation)) // 2)
    before, after = blocks.end_of(found.before.strip(), around), shorten(found.after.strip(), around)
    view = blocks.view([head], [before, quotation, after], [citation])
    whats = ("cite", "not_an_answer", "wrong_source")
    return view.add_item(ui.ActionRow(*(button(what, excerpt.number) for what in whats)))


def carried_view(found: Carried, page: int, button: Callable[..., ui.Item[Any]]) -> ui.LayoutView:
    """One page of which other articles carry a statement; `page` counts from 0. `button` as for `answer_view`."""
    rows: list[Excerpt | Version] = [*found.otherwise, *found.versions]
    count = max(1, -(-len(rows) // CARRIED_PER_PAGE))
    page = min(page, count - 1)
    shown = rows[page * CARRIED_PER_PAGE : (page + 1) * CARRIED_PER_PAGE]
    foot = "" if count == 1 else f"-# {say('page {page} of {pages}', page=page + 1, pages=count)}"
    remarks = [shorten(remark, _REMARK_LIMIT) for remark in wording.carried_remarks(found)] if page == 0 else []
    first = [found.statement] if page == 0 else []
    # What the heads weigh, with some to spare.
    room = LAYOUT_LIMIT - _HEADS_LIMIT - sum(map(width, remarks))
    most = room * 2 // 3 // max(1, len(first) + len(shown))
    cited = [_citation(row, most) if isinstance(row, Excerpt) else _version_place(row) for row in (*first, *shown)]
    room -= sum(map(width, cited))
    whole = [_carried_words(row, LAYOUT_LIMIT) for row in (*first, *shown)]
    limit = blocks.equal_share(list(map(width, whole)), room) if whole else 0
    told = [[_carried_words(row, limit), place] for row, place in zip((*first, *shown), cited, strict=True)]
    parts = [[f"**{say(wording.CARRIED)}**", *told[0]]] if first else []
    for kind, head in ((Excerpt, wording.OTHERWISE), (Version, wording.VERSIONS)):
        of_kind = [texts for row, texts in zip(shown, told[len(first) :], strict=True) if isinstance(row, kind)]
        parts += [[f"**{say(head)}**", *chain(*of_kind)]] if of_kind else []
    view = blocks.view(*parts, remarks, [foot])
    return view.add_item(ui.ActionRow(button("carried_more", page + 1))) if page + 1 < count else view


def citations(excerpt: Excerpt, accessed: date) -> tuple[str, dict[str, str]]:
    """An excerpt to cite: message text with what of it fits, and each form as a file's text by its name."""
    texts = {form: cite([excerpt], form, accessed) for form in Form}
    content = say("Excerpt {number} to cite; the files hold all forms.", number=excerpt.number)
    for form in (Form.FOOTNOTE, Form.MARKDOWN):
        block = f"\n```{form.ending}\n{texts[form]}\n```"
        # Within a block nothing is markup but what would end it, and no character is changed for that.
        if "```" not in texts[form] and width(content + block) <= CONTENT_LIMIT:
            content += block
    return content, {f"citation.{form.ending}": text for form, text in texts.items()}


def closest_view(excerpt: Excerpt) -> ui.LayoutView:
    """What is nearest to a question that was refused, as no answer."""
    head = f"**{say(wording.NOT_AN_ANSWER)}**"
    citation = _citation(excerpt, LAYOUT_LIMIT // 3)
    return blocks.view([head], [_quotation(excerpt, LAYOUT_LIMIT - width(head) - width(citation)), citation])


def verification_view(found: Verification) -> tuple[ui.LayoutView, str | None]:
    """What became of the quotations of a text; and the whole as a file's text where it does not fit."""
    head = f"**{escape(verdicts.verified(found))}**"
    if any(finding.segments for finding in found.findings):
        head += f"\n-# {say('~~Struck out~~ is only in the quotation, **bold** only in the article.')}"
    findings = list(enumerate(found.findings, start=1))
    room = LAYOUT_LIMIT - width(head) - 100  # for the note
    if len(findings) <= FINDINGS:
        whole = [_finding(number, finding) for number, finding in findings]
        if sum(map(width, chain(*whole))) <= room:
            return blocks.view([head], *whole), None
    limit = max(_FINDING_LIMIT, room // 3 // len(findings))
    shown = [_finding(number, finding, limit) for number, finding in findings[:FINDINGS]]
    shown = shown[: blocks.reach((sum(map(width, texts)) for texts in shown), room)]
    note = say(
        "Shown in short: {shown} of {all}. The whole is in {file}.",
        shown=len(shown),
        all=len(findings),
        file=REPORT_FILE,
    )
    view = blocks.view([head], *shown, [f"-# {note}", ui.File(f"attachment://{REPORT_FILE}")])
    return view, "\n".join(verdicts.verification_lines(found))


def _finding(number: int, finding: Finding, limit: int | None = None) -> list[str]:
    """A quotation with its verdict; below, its notes and places. `limit` cuts both, the quotation marked as cut."""
    notes: Sequence[str] = [_note(note) for note in verdicts.finding_notes(finding)]
    if limit:
        quotation, notes = _cut(finding, limit), blocks.first_lines(notes, _NOTES_LIMIT)
    elif finding.segments:
        quotation = "> " + "".join(map(_segment, finding.segments))
    else:
        quotation = quote(finding.quotation.text)
    return [f"**{number}. {say(verdicts.VERDICTS[finding.verdict])}**\n{quotation}", "\n".join(notes)]


def _cut(finding: Finding, limit: int) -> str:
    """The beginning of a quotation as a block quote; if it is altered, with only the ends of each long stretch."""
    text = finding.quotation.text
    if finding.segments:
        shown = [_segment(_brief(segment)) for segment in finding.segments]
        end = blocks.reach(map(width, shown), limit)
        cut, whole = "> " + "".join(shown[:end]), end == len(shown)
    else:
        end = len(text) if width(quote(text)) <= limit else blocks.fitting(text, limit, quote)
        cut, whole = quote(text[:end]), end == len(text)
    return cut if whole else f"{cut} {wording.TRIMMED}"


def _note(note: str | Standing) -> str:
    if isinstance(note, str):
        return f"-# {shorten(note, 300)}"
    where = f"{credit.paragraph(note.paragraph)}{verdicts.typography(note)}"
    facts = f" · {blocks.origin(note.source)} · {where}"
    return blocks.entry("-# ", note.source, facts)


def _brief(segment: Segment) -> Segment:
    quoted, printed = (wording.brief(words, _STRETCH_LIMIT) for words in (segment.quoted, segment.printed))
    return replace(segment, quoted=quoted, printed=printed)


def _segment(segment: Segment) -> str:
    """A stretch of a quotation within a block quote."""
    shown = verdicts.difference(segment, blocks.unended, partial(blocks.marked, "~~"), partial(blocks.marked, "**"))
    return shown.replace("\n", "\n> ")


def _quotation(excerpt: Excerpt, limit: int, *, trims: bool = True) -> str:
    """The excerpt as a block quote at most this wide, the words that answer in bold.

    With `trims`, […] stands where its paragraph goes on before or after. Where it does not fit, it is cut at its end,
    and before the words that answer as far as these would not be seen otherwise.
    """
    text, (before, answer, _) = excerpt.text, excerpt.parts
    first, last = (len(before), len(before) + len(answer)) if answer else (0, 0)

    def quoted(start: int, end: int) -> str:
        opening = f"{wording.TRIMMED} " if start or (trims and excerpt.trimmed_before) else ""
        closing = f" {wording.TRIMMED}" if end < len(text) or (trims and excerpt.trimmed_after) else ""
        bold = min(first, end)
        rest = max(bold, min(last, end))
        words = escape(text[start:bold]) + blocks.marked("**", text[bold:rest]) + escape(text[rest:end])
        # What says that it goes on is put in after escaping: it is ours, and its brackets cannot start a link.
        return "> " + opening + words.replace("\n", "\n> ") + closing

    def holds_answer(start: int) -> bool:
        return width(quoted(start, last)) <= limit

    if width(quoted(0, len(text))) <= limit:
        return quoted(0, len(text))
    sentences = [(s.start - excerpt.start, s.end - excerpt.start) for s in excerpt.passage.sentences]
    starts = [start for start, _ in sentences if 0 <= start <= first]
    words = [word.start() for word in re.finditer(r"\S+", text[:first])]
    found = (choice[bisect_left(choice, True, key=holds_answer) :] for choice in (starts, words, [first]))
    start = next(filter(None, found), [first])[0]
    ends = [end - start for _, end in sentences if max(last, start + 1) <= end <= len(text)]
    end = start + blocks.fitting(text[start:], limit, lambda part: quoted(start, start + len(part)), ends)
    return quoted(start, max(end, last) if holds_answer(start) else end)


def _carried_words(row: Excerpt | Version, limit: int) -> str:
    """A sentence or a quotation as a block quote at most this wide, in bold what says it or what differs."""
    if isinstance(row, Excerpt):
        return _quotation(row, limit, trims=False)

    def quoted(end: int) -> str:
        at, shown = row.start, "> "
        for words, differs in row.parts:
            kept = words[: max(0, end - at)]
            shown += blocks.marked("**", kept) if differs else blocks.unended(kept)
            at += len(words)
        return shown.replace("\n", "\n> ") + ("" if end == row.end else f" {wording.TRIMMED}")

    if width(quoted(row.end)) <= limit:
        return quoted(row.end)
    return quoted(row.start + blocks.fitting(row.text, limit, lambda part: quoted(row.start + len(part))))


def _version_place(version: Version) -> str:
    """Where a version of a quotation stands."""
    facts = f" · {blocks.origin(version.source)} · {credit.paragraph(version.paragraph)}"
    return blocks.entry("-# ", version.source, facts)


def _citation(excerpt: Excerpt, limit: int) -> str:
    """Number, headline, outlet, date and place; the link and the other places are in it where they fit in `limit`."""
    number = f"**{excerpt.number}.** " if excerpt.number else ""
    number += f"{blocks.origin(excerpt.source)} · "
    where = f" · {credit.place(excerpt)}"
    also_lines = [f"\n-# {escape(also)}" for also in credit.also_in(excerpt)] or [""]
    for link in dict.fromkeys((excerpt.link or excerpt.source.url, excerpt.source.url, None)):
        for line in also_lines:
            citation = f"{number}{blocks.headline(excerpt.source, link=link)}{where}{line}"
            if width(citation) <= limit:
                return citation
    rest = f"{where}{also_lines[-1]}"
    room = limit - width(number) - width(rest)
    return f"{number}{blocks.headline(excerpt.source, limit=room)}{rest}"


def _option(excerpt: Excerpt) -> discord.SelectOption:
    """An excerpt as a choice of a menu, which knows no markup."""
    source = excerpt.source
    label = plain(f"{excerpt.number}. {credit.origin(source)}", CHOICE_CHARS)
    title = plain(visible(source.title), CHOICE_CHARS)
    return discord.SelectOption(label=label, value=str(excerpt.number), description=title)


def _refusal(refusal: Refusal) -> str:
    lines = [f"**{shorten(say(refusal.message), 1000)}**"]
    if refusal.nearest:
        lines.append(f"{say(wording.NEAREST)}:")
    lines += [
        blocks.entry("- ", s, "".join(f" · {fact}" for fact in blocks.known(s)), _NEAREST_LIMIT)
        for s in refusal.nearest
    ]
    return "\n".join(lines)
