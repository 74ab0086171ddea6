"""Know how a help text (Markdown) becomes a page: headings with anchors, tables, files.

The texts are our own: files of `ui/help/` and pages made of registries. HTML in them is
escaped all the same, and what is made is cleaned before a page shows it.

Beside plain Markdown a text may have:

    {#name}                      an anchor, in a cell or at the start of a paragraph
    ```yaml file=a/b.yaml        the content of a file, with its name above
    `today()`, `XRM_DATA_DIR`    a word with an entry in the reference links to it
    ![What it shows](list.webp)  a picture of `static/help/`
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_ANCHOR = re.compile(r"\{#([\w.()-]+)\}")
_FILE = re.compile(r"\bfile=(\S+)")
Words = Mapping[str, str]
"""A word as it stands in code → the address of its entry."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the plain words below it: what a search looks at."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class HelpText:
    """One text, ready to be shown."""

    title: str
    html: str
    headings: tuple[Heading, ...]


def slug(text: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-") or "part"


def title_of(source: str) -> str:
    """Return the title: the first line, without its mark."""
    return source.partition("\n")[0].lstrip("# ").strip()


def render(
    source: str, words: Words, page: str = "", picture: Callable[[str], str] = str
) -> HelpText:
    """Return a text as HTML; `page` is its own address, which no word links to."""
    tokens = _parser().parse(source)
    headings = _name_headings(tokens)
    environment = {"words": words, "page": page, "picture": picture}
    html: str = _renderer().render(tokens, _parser().options, environment)
    title = headings[0].text if headings else ""
    return HelpText(title, html, tuple(h for h in headings if h.level > 1))


def parts_of(source: str) -> list[Part]:
    """Return a text in parts, as plain words."""
    tokens = _parser().parse(source)
    found: list[tuple[str, str, list[str]]] = []
    anchors = iter(_name_headings(tokens))
    in_heading = False
    for token in tokens:
        if token.type == "heading_open":
            heading = next(anchors)
            anchor = "" if heading.level == 1 else heading.anchor
            found.append((heading.text, anchor, []))
            in_heading = True
        elif token.type == "heading_close":
            in_heading = False
        elif found and not in_heading and token.type in ("inline", "fence"):
            found[-1][2].append(_plain(token))
    return [Part(title, anchor, " ".join(texts)) for title, anchor, texts in found]


def _parser() -> MarkdownIt:
    return _PARSER


def _renderer() -> "_HelpRenderer":
    return _RENDERER


def _plain(token: Token) -> str:
    if not token.children:
        return _ANCHOR.sub("", token.content)
    kept = (
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children
    )
    return _ANCHOR.sub("", "".join(kept)).strip()


def _name_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Give every heading an anchor of its own, and return them."""
    found: list[Heading] = []
    used: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(tokens[index + 1])
        wanted = anchor = slug(text)
        again = 2
        while anchor in used:
            anchor, again = f"{wanted}-{again}", again + 1
        used.add(anchor)
        token.attrSet("id", anchor)
        found.append(Heading(int(token.tag[1:]), text, anchor))
    return found


class _HelpRenderer(RendererHTML):
    """Writes what plain Markdown lacks: anchors, files, links of words, pictures."""

    def text(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _ANCHOR.sub(r'<span id="\1"></span>', escape(tokens[idx].content, False))

    def code_inline(
        self, tokens: Sequence[Token], idx: int, options: Any, env: Any
    ) -> str:
        content = tokens[idx].content
        made = f"<code>{escape(content)}</code>"
        address = env["words"].get(content)
        in_link = any(token.type == "link_open" for token in _open(tokens[:idx]))
        if address is None or in_link or address.partition("#")[0] == env["page"]:
            return made
        return f'<a href="{escape(address)}">{made}</a>'

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        token = tokens[idx]
        made = f'<pre tabindex="0"><code>{escape(token.content, False)}</code></pre>'
        named = _FILE.search(token.info)
        if named is None:
            return made + "\n"
        name = f"<figcaption>{escape(named[1])}</figcaption>"
        return f"<figure>{name}{made}</figure>\n"

    def heading_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        opened = next(t for t in reversed(tokens[:idx]) if t.type == "heading_open")
        tag = tokens[idx].tag
        if tag == "h1":
            return "</h1>\n"
        anchor, text = opened.attrGet("id"), _plain(tokens[idx - 1])
        label = escape(f"Link to {text}")
        link = f'<a class="x-anchor" href="#{anchor}" aria-label="{label}">#</a>'
        return f" {link}</{tag}>\n"

    def table_open(self, *_: Any) -> str:
        return '<div class="x-scroll" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        address = env["picture"](str(token.attrGet("src")))
        alt = escape(token.content)
        return f'<img src="{escape(address)}" alt="{alt}" loading="lazy">'


def _open(tokens: Sequence[Token]) -> Iterator[Token]:
    """Give the links that are open behind these tokens."""
    last = next((t for t in reversed(tokens) if t.type.startswith("link_")), None)
    if last is not None and last.type == "link_open":
        yield last


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_RENDERER = _HelpRenderer()
