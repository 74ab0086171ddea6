"""Know the pages of the help: contents at the left, one chapter, what comes next.

Pure: of the library's texts.
"""

from dataclasses import dataclass

from markupsafe import Markup

from xrm.ui.cells import cleaned
from xrm.ui.help_library import BOOKS, Book, Chapter, Found, Library
from xrm.ui.help_text import Heading


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the contents."""

    label: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """A book with its chapters."""

    book: Book
    entries: tuple[Entry, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One chapter."""

    title: str
    book: str
    shelves: tuple[Shelf, ...]
    html: Markup
    headings: tuple[Heading, ...]
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class HelpHome:
    """The first page of the help, or what a search found."""

    text: str
    shelves: tuple[Shelf, ...]
    found: tuple[Found, ...] = ()


def chapter_page(library: Library, chapter: Chapter) -> HelpPage:
    """Return the page of a chapter."""
    text = library.page(chapter)
    chapters = library.chapters
    place = chapters.index(chapter)
    return HelpPage(
        title=text.title,
        book=chapter.book.label,
        shelves=shelves(library, chapter),
        html=cleaned(text.html),
        headings=tuple(heading for heading in text.headings if heading.level == 2),
        before=_entry(chapters[place - 1]) if place else None,
        after=_entry(chapters[place + 1]) if place + 1 < len(chapters) else None,
    )


def home(library: Library, text: str = "") -> HelpHome:
    """Return the first page, with what a search found."""
    return HelpHome(text, shelves(library), tuple(library.search(text)))


def shelves(library: Library, current: Chapter | None = None) -> tuple[Shelf, ...]:
    """Return the contents."""
    return tuple(
        Shelf(
            book,
            tuple(
                _entry(chapter, chapter == current)
                for chapter in library.chapters
                if chapter.book == book
            ),
            current is not None and current.book == book,
        )
        for book in BOOKS
    )


def _entry(chapter: Chapter, is_current: bool = False) -> Entry:
    return Entry(chapter.title, chapter.address, is_current)
