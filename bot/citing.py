"""An excerpt as people and their programs cite it: footnote, Markdown, HTML, CSL-JSON, BibTeX, RIS. Pure.

Only what is known of an article is in it, and for programs no opening words that stand in for a headline. The quotation
is verbatim in each; where a form has but one line for a text, line ends are blanks.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING, Any

from bot import credit
from bot.markdown import address, line, linked, quote
from bot.tongue import quoted, say
from index.shown import is_link, link, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from bot.answer import Excerpt


class Form(StrEnum):
    """A way to write a citation."""

    FOOTNOTE = "footnote"
    MARKDOWN = "markdown"
    HTML = "html"
    CSL = "csl-json"
    BIBTEX = "bibtex"
    RIS = "ris"

    @property
    def ending(self) -> str:
        """That of a file in this form."""
        return _ENDINGS[self]


_ENDINGS = {
    Form.FOOTNOTE: "txt",
    Form.MARKDOWN: "md",
    Form.HTML: "html",
    Form.CSL: "json",
    Form.BIBTEX: "bib",
    Form.RIS: "ris",
}
# LaTeX's own characters. Braces are spelled out, since BibTeX counts them even where they are escaped.
_LATEX = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    **{mark: rf"\{mark}" for mark in "&%$#_"},
}
# Two of these in a row are one character to LaTeX, such as a dash.
_LIGATURE = re.compile(r"([-`'<>,?!])(?=[-`'<>,])")


def cite(excerpts: Iterable[Excerpt], form: Form, accessed: date) -> str:
    """Citations of excerpts in one form, as they stand in one file; `accessed` is the day on which they were seen."""
    cited = list(excerpts)
    if form is Form.CSL:
        return json.dumps([csl_item(excerpt, accessed) for excerpt in cited], ensure_ascii=False, indent=2)
    return "\n\n".join(_WRITERS[form](excerpt, accessed) for excerpt in cited)


def csl_item(excerpt: Excerpt, accessed: date) -> dict[str, Any]:
    """An excerpt's article as an item of CSL-JSON; the quotation and its place are in its note."""
    source = excerpt.source
    item = {
        "id": _key(excerpt),
        "type": "article-newspaper",
        "title": source.title if source.title_given else "",
        "author": [{"literal": source.author}] if source.author else [],
        "container-title": source.outlet,
        "issued": _date_parts(source.published) if source.published else {},
        "accessed": _date_parts(accessed),
        "URL": source.url,
        "language": source.language,
        "note": "\n".join(_notes(excerpt)),
    }
    return {name: value for name, value in item.items() if value}


def _footnote(excerpt: Excerpt, accessed: date) -> str:
    url = excerpt.link or excerpt.source.url
    told = ", ".join([*_facts(excerpt, credit.title(excerpt.source)), *([link(url)] if url else [])])
    return f"{quoted(excerpt.text)} {told} ({_seen(excerpt, accessed)})"


def _markdown(excerpt: Excerpt, accessed: date) -> str:
    title = linked(credit.title(excerpt.source), excerpt.link or excerpt.source.url)
    told = ", ".join(_facts(excerpt, title, line))
    return f"{quote(excerpt.text)}\n\n— {told} ({line(_seen(excerpt, accessed))})"


def _html(excerpt: Excerpt, accessed: date) -> str:
    title, url = escape(credit.title(excerpt.source)), escape(_web(excerpt))
    named = f'<a href="{url}">{title}</a>' if url else title
    told = ", ".join(_facts(excerpt, f"<cite>{named}</cite>", escape))
    spoken = f' lang="{escape(excerpt.source.language)}"' if excerpt.source.language else ""
    cited = f' cite="{url}"' if url else ""
    quotation = "<br>\n".join(map(escape, excerpt.text.split("\n")))
    return (
        f"<figure>\n<blockquote{cited}{spoken}><p>{quotation}</p></blockquote>\n"
        f"<figcaption>{told} ({escape(_seen(excerpt, accessed))})</figcaption>\n</figure>"
    )


def _bibtex(excerpt: Excerpt, accessed: date) -> str:
    source = excerpt.source
    names = {
        # A second pair of braces keeps the capitals of a title, and a name from being taken apart.
        "title": f"{{{_latex(source.title)}}}" if source.title_given else "",
        "author": f"{{{_latex(source.author)}}}" if source.author else "",
        "journal": _latex(source.outlet or ""),
        "year": f"{source.published:%Y}" if source.published else "",
        "date": f"{source.published:%Y-%m-%d}" if source.published else "",
        "url": address(source.url or ""),
        "urldate": f"{accessed:%Y-%m-%d}",
        "language": _latex(source.language or ""),
        "annote": "\n".join(map(_latex, _notes(excerpt))),
    }
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in names.items() if value)
    return f"@{'article' if source.outlet else 'misc'}{{{_key(excerpt)},\n{fields}}}"


def _ris(excerpt: Excerpt, accessed: date) -> str:
    source = excerpt.source
    lines = [
        ("TY", "NEWS"),
        ("ID", _key(excerpt)),
        ("TI", source.title if source.title_given else ""),
        ("AU", source.author),
        ("T2", source.outlet),
        ("PY", source.published and f"{source.published:%Y}"),
        ("DA", source.published and f"{source.published:%Y/%m/%d}"),
        ("UR", source.url),
        ("Y2", f"{accessed:%Y/%m/%d}"),
        ("LA", source.language),
        *(("N1", note) for note in _notes(excerpt)),
    ]
    told = (f"{tag}  - {' '.join(value.splitlines())}" for tag, value in lines if value)
    return "\n".join([*told, "ER  - "])


def _facts(excerpt: Excerpt, title: str, shown: Callable[[str], str] = str) -> Sequence[str]:
    """What is known of where an excerpt stands, in the order of a footnote; the title is shown already."""
    source = excerpt.source
    day = credit.day(source) if source.published else ""
    outlet = credit.outlet(source) if source.outlet else ""
    author = visible(source.author or "")
    known = [shown(author), title, shown(outlet), shown(day), shown(credit.place(excerpt))]
    return [fact for fact in known if fact]


def _seen(excerpt: Excerpt, accessed: date) -> str:
    return say(
        "accessed {day}; SHA-256 of the stored text {hash}", day=f"{accessed:%Y-%m-%d}", hash=excerpt.source.sha256
    )


def _notes(excerpt: Excerpt) -> Sequence[str]:
    """The quotation, where it stands, and the hash of the text that it stands in."""
    return [excerpt.text, credit.place(excerpt), f"sha256 {excerpt.source.sha256}"]


def _key(excerpt: Excerpt) -> str:
    """A name of an excerpt that no other has, in letters that every program takes."""
    return f"{excerpt.source.sha256[:12]}-{excerpt.start}-{excerpt.end}"


def _date_parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _web(excerpt: Excerpt) -> str:
    """The address to link to, "" where none leads to the web."""
    url = excerpt.link or excerpt.source.url or ""
    return address(url) if is_link(url) else ""


def _latex(words: str) -> str:
    # Programs that read BibTeX take a line that begins with @ for an entry, even within one.
    one = " ".join(words.splitlines())
    return _LIGATURE.sub(r"\1{}", "".join(_LATEX.get(character, character) for character in one))


_WRITERS = {
    Form.FOOTNOTE: _footnote,
    Form.MARKDOWN: _markdown,
    Form.HTML: _html,
    Form.BIBTEX: _bibtex,
    Form.RIS: _ris,
}
