"""Know how the cells of a row are written, in lists and in subgrids: all of it at once.

A template would hand each piece up through every template around it, and look at
classes and hues for characters they never have. This is the one module that says of
text that it is HTML: what a person may have written goes through `escape`, here and in
no other place.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

import nh3
from markupsafe import Markup

from xrm.ui.columns import Cell


def cells(row: Iterable[Cell]) -> Markup:
    """Return the cells of a row as HTML."""
    return Markup("".join([_cell(*one) for one in row]))  # escaped below


_TAGS: Final = frozenset(
    (
        *("h1", "h2", "h3", "h4", "p", "blockquote", "pre", "hr", "br", "div", "span"),
        *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
        *("a", "code", "em", "strong", "figure", "figcaption", "img"),
    )
)
_ATTRIBUTES: Final = {
    "a": {"href", "class", "aria-label"},
    "div": {"class", "tabindex"},
    "img": {"src", "alt", "loading"},
    "pre": {"tabindex"},
    "*": {"id"},
}


def cleaned(html: str) -> Markup:
    """Return HTML of a text without anything that could run or leave this server."""
    return Markup(
        nh3.clean(
            html,
            tags=set(_TAGS),
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
        )
    )


def _cell(css: str, kind: str, text: str, href: str, hue: str, hint: str) -> str:
    shown = escape(text)
    if kind == "text":
        title = f' title="{escape(hint)}"' if hint else ""
        return f'<td class="{css}"{title}>{shown}</td>'
    if kind == "money":
        full = f'<span class="only-small">{escape(hint)}</span>'
        return f'<td class="{css}"><span class="not-small">{shown}</span>{full}</td>'
    if kind == "lead":
        inner = f'<a class="lead" href="{escape(href)}">{shown}</a>'
    elif kind == "link":
        inner = f'<a href="{escape(href)}">{shown}</a>'
    elif kind == "who":
        inner = (
            f'<a class="x-who" href="{escape(href)}">'
            f'<span class="x-av h-{hue}" aria-hidden="true">{escape(hint)}</span>'
            f'<span class="clip">{shown}</span></a>'
        )
    else:
        look = "x-pill" if kind == "pill" else "x-choice"
        inner = f'<span class="{look} h-{hue}">{shown}</span>'
    return f'<td class="{css}">{inner}</td>'
