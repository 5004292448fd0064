from __future__ import annotations

import io
import re
import string
import sysconfig
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers import markdown as read_markdown
from index.readers.drafts import Draft, Revision, UnreadableError
from index.readers.markdown import read


def draft(text: str | bytes) -> Draft:
    (article,) = read(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
    assert isinstance(article, Draft)
    return article


def paragraphs(markdown: str) -> list[str]:
    return draft(markdown).text.split("\n\n")


# --- front matter --------------------------------------------------------------------------------------------------

YAML = """---
title: "Drones: over the Kremlin"
publication: The Paper
authors:
  - Ann Author
  - name: Bob Byline
date: 2023-05-03 10:00:00 +0300
canonical_url: https://paper.example/kremlin
lang: en_US
draft: false
---

Shells fell.
"""
TOML = """+++
title = "Drones: over the Kremlin"
site = "The Paper"
authors = ["Ann Author", { name = "Bob Byline" }]
date = 2023-05-03T10:00:00+03:00
link = "https://paper.example/kremlin"
language = "en-US"
draft = false
+++
Shells fell.
"""
CARD = {
    "title": "Drones: over the Kremlin",
    "outlet": "The Paper",
    "author": "Ann Author, Bob Byline",
    "published": date(2023, 5, 3),
    "url": "https://paper.example/kremlin",
    "language": "en-US",
}


@pytest.mark.parametrize(
    "text",
    [YAML, TOML, "\ufeff\n" + YAML, YAML.replace("\n", "\r\n"), YAML.replace("\n---\n\n", "\n...\n\n")],
    ids=["yaml", "toml", "byte order mark", "carriage returns", "three dots"],
)
def test_front_matter_is_the_card(text: str) -> None:
    article = draft(text)
    assert (article.text, article.card, article.notes) == ("Shells fell.", CARD, ())


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("headline: H", "title", "H"),
        ("TITLE: No", "title", "No"),  # what stands there, not what YAML makes of it
        ("title: 2023-05-03", "title", "2023-05-03"),
        ("title: &t H", "title", "H"),
        ("title: >\n  two\n  lines", "title", "two lines"),
        ("site_name: P", "outlet", "P"),
        ("source: P", "outlet", "P"),
        ("byline: Ann", "author", "Ann"),
        ("author: {name: Ann, email: a@b.example}", "author", "Ann"),
        ("pubDate: Wed, 03 May 2023 23:30:00 -0400", "published", date(2023, 5, 3)),
        ("date: 2023-05-03", "published", date(2023, 5, 3)),
        ("permalink: https://p.example/a", "url", "https://p.example/a"),
        ("language: EN", "language", "en"),
    ],
)
def test_the_usual_names_are_understood(line: str, field: str, value: object) -> None:
    article = draft(f"---\n{line}\n---\nWords.")
    assert (article.card, article.notes) == ({field: value}, ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("url: /2023/kremlin", 'url = "/2023/kremlin" is not a link that starts with http:// or https://'),
        ("url: javascript:x", 'url = "javascript:x" is not a link that starts with http:// or https://'),
        ("lang: English", 'language = "english" is not a code such as en or pt-BR'),
        ("title: [a, b]", "title must be a text in quotation marks that is not empty"),
        ("title: ''", "title must be a text in quotation marks that is not empty"),
        ("author: [[[x]]]", "author must be a text in quotation marks that is not empty"),
        ("title: !!python/object/apply:os.system [id]", "title must be a text in quotation marks that is not empty"),
    ],
)
def test_a_wrong_field_is_left_out_with_its_line_and_the_others_are_kept(line: str, reason: str) -> None:
    article = draft(f"---\n# remark\n{line}\noutlet: The Paper\n---\nWords.")
    assert article.card == {"outlet": "The Paper"}
    assert article.notes == (f"line 3: {reason}; this field is left out",)


@pytest.mark.parametrize(
    ("matter", "expected"),
    [
        ("---\nlastmod: 2023-05-04\ndate: 2023-05-03T09:00:00Z\n---",
         Revision(0, date(2023, 5, 4), datetime(2023, 5, 3, 9, tzinfo=UTC))),
        ("---\nupdated: 2023-05-04 17:30\n---", Revision(changed=datetime(2023, 5, 4, 17, 30))),
        ("---\nModified: soon\nlast_modified_at: 2023-05-04\n---", Revision(changed=date(2023, 5, 4))),
        ("+++\nupdated = 2023-05-04T17:30:00Z\n+++", Revision(changed=datetime(2023, 5, 4, 17, 30, tzinfo=UTC))),
        ("---\ndateModified: [2023-05-04]\n---", Revision()),
    ],
)  # fmt: skip
def test_when_it_was_changed_last_is_read_and_not_shown(matter: str, expected: Revision) -> None:
    article = draft(f"{matter}\nWords.")
    assert (article.revision, article.notes) == (expected, ())
    assert article.card.keys() <= {"published"}


@pytest.mark.parametrize("stated", ["03/05/2023", "May 2023", "2023-02-30", "soon", "{a: b}"])
def test_a_date_that_names_no_day_beyond_doubt_is_left_out(stated: str) -> None:
    article = draft(f"---\ndate: {stated}\n---\nWords.")
    assert article.card == {}
    assert re.fullmatch(r"line 2: published = .*; this field is left out", article.notes[0])


@pytest.mark.parametrize(
    "text",
    [
        '---\ntitle: "A\\ud800 ti\\0tle"\nauthors: ["A\\ud800nn"]\ndate: "\\udc00"\n---\nWords.',
        '+++\ntitle = "A\\u0000 title"\nauthor = "A\\u0001nn"\ndate = "\\u0000"\n+++\nWords.',
    ],
)
def test_escapes_for_what_cannot_be_stored_are_left_out(text: str) -> None:
    article = draft(text)
    assert article.card == {"title": "A title", "author": "Ann"}
    assert "".join(article.notes).isprintable()


def test_an_empty_value_says_nothing() -> None:
    article = draft("---\ntitle:\nauthor: ~\ndate: null\n---\nWords.")
    assert (article.card, article.notes) == ({}, ())


def test_wrong_toml_has_its_line_too() -> None:
    article = draft('+++\n\nurl = 1\n"title" = "H"\n+++\nWords.')
    assert article.card == {"title": "H"}
    assert article.notes[0].startswith('line 3: url = "1" is not a link')


def test_dates_that_contradict_each_other_are_told() -> None:
    article = draft("---\ndate: 2023-05-04\npublished: 2023-05-03\npubdate: 2023-05-03T09:00:00Z\n---\nWords.")
    assert article.card == {"published": date(2023, 5, 3)}
    assert article.notes == ("it gives 2023-05-03 and 2023-05-04 as its date; 2023-05-03 is used",)


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWords.\n\n---\n\nMore.",
        "---\nWords\n---\n\nMore.",
        "Words.\n\n---\ntitle: x\n---\n",
        "+++ words",
        "---\n",
    ],
)
def test_rules_are_no_front_matter(text: str) -> None:
    if text == "---\n":
        with pytest.raises(UnreadableError, match="no text"):
            draft(text)
    else:
        assert draft(text).card == {}
        assert "ords" in draft(text + "\n\nWords.").text


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("---\ntitle: x\na: [b\n---\nWords.", 3, "not YAML"),
        ("---\na: b: c\n---\nWords.", 2, "not YAML"),
        ("\n\n---\na: 1\n\tb: 2\n---\nWords.", 5, "not YAML"),
        ("---\na: *b\n---\nWords.", 2, "undefined alias"),
        ("---\na: \x01\n---\nWords.", 2, "not YAML"),
        ("---\na: 'b\n---\nWords.", 2, "not YAML"),
        ("---\ntitle: x\nWords.", 1, "begins with --- and never ends"),
        ("+++\ntitle = 'x'\nWords.", 1, "begins with +++ and never ends"),
        ("+++\na = 1\nb = \n+++\nWords.", 3, "not TOML"),
        ("+++\na = 1\na = 2\n+++\nWords.", 3, "not TOML"),
        ("+++\nd = 2023-02-30\n+++\nWords.", 2, "not TOML"),
        ("+++\nn = " + "1" * 5000 + "\n+++\nWords.", 2, "not TOML"),
        ("---\na: " + "[" * 10_000 + "\n---\nWords.", 1, "nested too deeply"),
        ("+++\na = " + "[" * 10_000 + "\n+++\nWords.", 1, "nested too deeply"),
        ("---\na: " + "x" * 70_000 + "\n---\nWords.", 1, "longer than 65,536 characters"),
    ],
)
def test_broken_front_matter_is_an_error_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(UnreadableError, match=re.escape(reason)) as refusal:
        draft(text)
    assert refusal.value.line == line
    assert str(refusal.value).startswith("its front matter ")


def doubling(template: str) -> str:
    """Twelve lines, each of which has what the line before it has nine times."""
    return "".join(
        f"{this}: &{this} {template % ','.join([f'*{last}'] * 9)}\n"
        for last, this in zip("abcdefghijkl", "bcdefghijklm", strict=True)
    )


@pytest.mark.parametrize(
    "matter",
    [
        "a: &a x\n" + doubling("[%s]") + "title: *m\nauthors: *m",
        "a: &a {k: v}\n" + doubling("{<<: [%s]}") + "title: *m\nauthor: *m",
        "a: &a [" + "x," * 9000 + "]\nauthors: [" + "*a," * 9000 + "]",
        "a: &a [" + "x," * 9000 + "]\n? *a\n: b\nauthor: {? *a : b}",
        "author: &a [*a]\ntitle: &b {b: *b}",
    ],
    ids=["laughs", "merges", "wide", "keys", "loops"],
)
def test_aliases_cannot_multiply(matter: str) -> None:
    begun = time.process_time()
    article = draft(f"---\n{matter}\n---\nWords.")
    assert article.card == {}
    assert sum(map(len, article.notes)) < 1000
    assert time.process_time() - begun < 20


# --- the text ------------------------------------------------------------------------------------------------------


def test_what_a_page_shows_is_the_text_block_by_block() -> None:
    markdown = """
Russia *said* on **Wednesday** it `shot` down
two [drones](https://x.example "title") &mdash; \\*both\\* of <b>them</b>.

## A heading

> A quote
> of two lines.
>
> And more.

- One
- Two

  of it
1. Three

```python
code  stays
  as *it* is
```

    so does this

| A | B |
|---|---|
| 1 | *2* |

Line one\\
line two<br>line three
"""
    assert paragraphs(markdown) == [
        "Russia said on Wednesday it shot down two drones — *both* of them.",
        "A heading",
        "A quote of two lines.",
        "And more.",
        "One",
        "Two",
        "of it",
        "Three",
        "code  stays\n  as *it* is",
        "so does this",
        "A\tB",
        "1\t2",
        "Line one\nline two\nline three",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "![alternative text](a.jpg 'title')",
        "[![alternative](a.jpg)](b)",
        "<div>\nhidden\n</div>",
        "<!-- hidden -->",
        "<script>\nhidden()\n\nmore()\n</script>",
        "<style>p {}</style>",
        "[reference]: https://x.example",
        "---",
        "~~struck~~",
        "a".replace("a", "<del>struck</del>"),
    ],
)
def test_what_a_page_does_not_say_is_not_in_the_text(hidden: str) -> None:
    assert paragraphs(f"Before.\n\n{hidden}\n\nAfter.") == ["Before.", "After."]


def test_words_struck_through_or_hidden_within_a_line_are_left_out() -> None:
    text = "It was ~~three~~ four <s>not five</s>men<script>hidden()</script>, <!-- hidden -->they ![alt](x)said."
    assert paragraphs(text) == ["It was four men, they said."]


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# A *headline*\n\nWords.", "A headline", "Words."),
        ("A headline\n=====\n\nWords.", "A headline", "Words."),
        ("---\ntitle: A headline\n---\n# A headline\n\nWords.", "A headline", "Words."),
        ("---\ntitle: Another\n---\n# A headline\n\nWords.", "Another", "A headline\n\nWords."),
        ("Words.\n\n# A headline", None, "Words.\n\nA headline"),
        ("## A headline\n\nWords.", None, "A headline\n\nWords."),
    ],
)
def test_a_first_level_heading_that_opens_the_article_is_its_title(text: str, title: str | None, body: str) -> None:
    article = draft(text)
    assert (article.card.get("title"), article.text) == (title, body)


_MARKS = re.compile(f"([{re.escape(string.punctuation)}])")
_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00\xad\u200b\ufffd"), max_size=80)


@given(st.lists(_WORDS, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_paragraphs_rendered_as_markdown_are_read_as_they_were(texts: list[str]) -> None:
    texts = [words for text in texts if (words := " ".join(text.split()))] or ["x"]
    assert paragraphs("\n\n".join(_MARKS.sub(r"\\\1", text) for text in texts)) == texts


@given(st.text(st.sampled_from("ab \n*_`~[]()<>!#|-+=&;\\:.\t\"'1"), max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_marks_are_text_or_are_refused(text: str) -> None:
    try:
        article = draft(text)
    except UnreadableError:
        return
    assert article.text.strip()


# --- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf \n", "it is empty"),
        (b"# A headline", "it holds no text beside its front matter, headline and markup"),
        (b"---\ntitle: x\n---\n", "it holds no text beside its front matter, headline and markup"),
        (b"![alt](x)\n\n<div>x</div>", "it holds no text beside its front matter, headline and markup"),
        (b"[a]: b", "it holds no text beside its front matter, headline and markup"),
        (b"~~all of it~~", "it holds no text beside its front matter, headline and markup"),
        (b"a\0b", "it holds NUL bytes, so it is not a text file"),
        (b"\xff\xfea", "its byte order mark says UTF-16, but it is not"),
        (b"x\n\n" * 180_000, "it is longer than 524,288 characters, too long for an article in Markdown"),
        (b"x\n" * 40_000, "it holds more than 65,536 characters without a blank line"),
    ],
)
def test_what_has_no_text_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        draft(raw)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "part", ["[", "![", "[a](", "*a ", "**", "<", "&", "> ", "- ", "|a", "`", "~~a", "<a ", "<!--", "\\", "_a", "[\\"]
)
def test_hostile_marks_are_read_soon(part: str) -> None:
    begun = time.process_time()
    assert draft("Words.\n\n" + part * (60_000 // len(part))).text.startswith("Words.")
    assert time.process_time() - begun < 60


def test_deep_lists_and_quotes_are_read_soon() -> None:
    text = "".join(" " * n + "- a\n" for n in range(300)) + "\n" + ">" * 10_000 + " b"
    assert draft("Words.\n\n" + text).text.startswith("Words.")


def test_an_old_encoding_is_noted() -> None:
    article = draft("---\ntitle: Café\n---\nNaïve.".encode("cp1252"))
    assert (article.card, article.text) == ({"title": "Café"}, "Naïve.")
    assert article.notes == ("it is not UTF-8; read as Latin-1 (Windows-1252)",)


def test_real_markdown_is_read() -> None:
    """READMEs and licences that packages carry."""
    found = sorted(Path(sysconfig.get_path("purelib")).rglob("*.md"))[:40]
    if not found:
        pytest.skip("no package here carries a Markdown file")
    read_at_all = 0
    for path in found:
        try:
            article = draft(path.read_bytes())
        except UnreadableError:
            continue
        read_at_all += 1
        shown = "".join(article.text.split())
        assert article.text == article.text.strip("\n")
        assert "](http" not in shown or "```" in path.read_text(encoding="utf-8")
    assert read_at_all >= len(found) / 2


def test_the_bounds_are_those_of_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_markdown, "MAX_PARAGRAPH_CHARS", 10)
    assert draft("1234567890\n\n1234567890").text == "1234567890\n\n1234567890"
    with pytest.raises(UnreadableError, match="more than 10 characters"):
        draft("1234567890a")


# --- sites made of Markdown ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matter", "line", "reason"),
    [
        ("draft: true", 3, "it is not published: its front matter says draft: true"),
        ("Draft: True", 3, "it is not published: its front matter says draft: true"),
        ("published: false", 3, "it is not published: its front matter says published: false"),
        ("hidden: true", 3, "it is not published: its front matter says hidden: true"),
        ("status: draft", 3, 'its status is "draft": it is not published'),
    ],
)
def test_a_page_that_is_not_published_is_refused(matter: str, line: int, reason: str) -> None:
    with pytest.raises(UnreadableError, match=re.escape(reason)) as caught:
        draft(f"---\ntitle: T\n{matter}\n---\nOtters.\n")
    assert caught.value.line == line
    with pytest.raises(UnreadableError):
        draft("+++\n" + matter.lower().replace(": ", " = ").replace("= draft", '= "draft"') + "\n+++\nOtters.\n")


@pytest.mark.parametrize("matter", ["draft: false", "published: true", "published: 2023-05-04", "status: published"])
def test_a_page_that_is_published_is_taken(matter: str) -> None:
    assert draft(f"---\n{matter}\n---\nOtters.\n").text == "Otters."


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ("{% include ad.html %}\n\nOtters are back.", ["Otters are back."]),
        ("{{< figure src=\"x.jpg\" caption=\"An otter\" >}}\n\nOtters are back.", ["Otters are back."]),
        ("{{ page.note }}\n\nOtters are back.\n{: .lead }", ["Otters are back."]),
        ("{{< figure src=x\n   caption=y >}}\nOtters are back.", ["Otters are back."]),
        ("{% if page.x %}Otters{% else %} are{% endif %} back.", ["Otters are back."]),
        ("Otters {{< mark >}}are{{< /mark >}} back.", ["Otters are back."]),
        ("{{% notice %}}\nOtters **are** back.\n{{% /notice %}}", ["Otters are back."]),
        ("{% comment %}No.{% endcomment %}Otters are back.", ["Otters are back."]),
        ("{% highlight text %}\nx\n{% endhighlight %}", ["x"]),
        ("See [the pier]({{ site.url }}/pier), [this]({% link x.md %}) and [that]({{< ref \"x\" >}}).",
         ["See the pier, this and that."]),
        ("![An otter]({{ 'x.jpg' | relative_url }})\n\nOtters are back.", ["Otters are back."]),
        ("“Back,” she said.[^1] Otters[^note] are.\n\n[^1]: At noon.\n[^note]: Two.",
         ["“Back,” she said. Otters are.", "At noon.", "Two."]),
        ("{1, 2}, {x}, 100 %} and {{ stay.", ["{1, 2}, {x}, 100 %} and {{ stay."]),
    ],
)  # fmt: skip
def test_tags_of_templates_and_marks_of_notes_are_not_in_the_text(marks: str, shown: list[str]) -> None:
    article = draft(f"{marks}\n")
    assert (article.text.split("\n\n"), article.notes) == (shown, ())


def test_a_paragraph_whose_words_are_not_all_in_the_file_is_left_out_with_a_note() -> None:
    article = draft("Otters are back.\n\nThere are {{ site.otters }} of them.\n\n- one\n- {% render 'two' %} two\n")
    assert article.text == "Otters are back.\n\none"
    assert article.notes == (
        "paragraphs are left out in which the site's template fills in words that are not in the file",
    )


@pytest.mark.parametrize("part", ["{{", "{%", "{% comment %}", "{% x %}", "{{ x }} y ", "[^1]", "[^1]: x\n", "{:"])
def test_hostile_templates_are_read(part: str) -> None:
    assert draft(f"{(part * 60_000)[:60_000]}\n\nOtters.").text.endswith("Otters.")
