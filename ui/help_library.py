"""Know the books of the help: chapters in order, their texts, what is in them.

A library is made at the first look into the help and kept by the application: the words
of the reference, the parts a search looks at, and the pages last shown. Texts are read
when they are asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from flask import current_app

from xrm.platform.errors import NotFound
from xrm.rule_engine.fold import fold
from xrm.ui import help_operation, help_reference, static_files
from xrm.ui.help_desk import HELP_EXTENSION, HelpDesk
from xrm.ui.help_text import HelpText, Part, parts_of, render, title_of

FOLDER = Path(__file__).parent / "help"
HOME = "/help"
LIBRARY_EXTENSION = "xrm.help_library"
PAGES_KEPT = 24
MOST_FOUND = 30
WORDS_AROUND = 90

Source = Callable[[HelpDesk], str]


@dataclass(frozen=True, slots=True)
class Book:
    """One book: who it is for, and its chapters in order."""

    name: str
    label: str
    icon: str
    description: str
    chapters: tuple[str, ...]


BOOKS = (
    Book(
        "user",
        "User's guide",
        "user",
        "Lists, records, search, notes, import and export: the daily work.",
        (
            "basics",
            "lists",
            "records",
            "search",
            "activities",
            "charts",
            "import_export",
            "history",
        ),
    ),
    Book(
        "consultant",
        "Consultant's guide",
        "tools",
        "From an empty folder to an application in half an hour, then deeper.",
        ("first_app", "packages", "changes", "rules", "screens", "data"),
    ),
    Book(
        "administrator",
        "Administrator's guide",
        "shield-lock",
        "Users, roles, access, backup, background work and settings.",
        ("start", "people", "access", "backup", "operation"),
    ),
    Book(
        "reference",
        "Reference",
        "books",
        "Every field type, function, key, code, setting and command.",
        (
            "definitions",
            "fields",
            "rules",
            "functions",
            "problems",
            "rights",
            "settings",
            "commands",
            "limits",
        ),
    ),
)
REFERENCE: Mapping[str, tuple[str, Source]] = {
    "definitions": ("Definitions and their keys", help_reference.definitions),
    "fields": ("Field types", help_reference.fields),
    "rules": ("The rule language", help_reference.rules),
    "functions": ("Functions", help_reference.functions),
    "problems": ("Problem codes", help_reference.problems),
    "rights": ("Privileges and access levels", help_operation.rights),
    "settings": ("Settings", help_operation.settings),
    "commands": ("Commands", help_operation.commands),
    "limits": ("Limits", help_operation.limits),
}
"""The pages made of registries, each with its title."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter: where it stands and what it is called."""

    book: Book
    name: str
    title: str

    @property
    def address(self) -> str:
        """Return its address."""
        return f"{HOME}/{self.book.name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a chapter in which the words of a search stand."""

    title: str
    chapter: str
    address: str
    excerpt: str


class Library:
    """The texts of the help of one application."""

    def __init__(self, desk: HelpDesk) -> None:
        self._desk = desk
        self.page = lru_cache(maxsize=PAGES_KEPT)(self._page)

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every chapter in reading order."""
        return tuple(
            Chapter(book, name, self._title(book.name, name))
            for book in BOOKS
            for name in book.chapters
        )

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Every word of the reference, and the address of its entry."""
        return {
            **dict(help_operation.words(self._desk)),
            **dict(help_reference.words(self._desk)),
        }

    def source(self, book: str, name: str) -> str:
        """Return a chapter as Markdown."""
        if book == "reference":
            title, made = REFERENCE[name]
            return f"# {title}\n\n{made(self._desk)}"
        return (FOLDER / book / f"{name}.md").read_text("utf-8")

    def _title(self, book: str, name: str) -> str:
        if book == "reference":
            return REFERENCE[name][0]
        return title_of(self.source(book, name))

    def chapter(self, book: str, name: str) -> Chapter:
        """Return a chapter.

        Raises:
            NotFound: there is none.
        """
        for one in self.chapters:
            if (one.book.name, one.name) == (book, name):
                return one
        raise NotFound(
            f'There is no chapter "{book[:40]}/{name[:40]}" in the help. Choose one '
            "of the contents.",
            code="unknown_chapter",
        )

    def _page(self, chapter: Chapter) -> HelpText:
        return render(
            self.source(chapter.book.name, chapter.name),
            self.words,
            chapter.address,
            picture,
        )

    @cached_property
    def _parts(self) -> tuple[tuple[Chapter, Part], ...]:
        return tuple(
            (chapter, part)
            for chapter in self.chapters
            for part in parts_of(self.source(chapter.book.name, chapter.name))
        )

    def search(self, text: str) -> list[Found]:
        """Return the parts that hold every word, those with it in the title first."""
        asked = fold(text).split()[:10]
        if not asked:
            return []
        scored = []
        for order, (chapter, part) in enumerate(self._parts):
            title = fold(f"{chapter.title} {part.title}")
            if all(word in title or word in fold(part.text) for word in asked):
                missing = sum(word not in fold(part.title) for word in asked)
                is_reference = chapter.book.name == "reference"
                scored.append((missing, is_reference, order))
        return [
            self._found(*self._parts[order], asked)
            for _, _, order in sorted(scored)[:MOST_FOUND]
        ]

    @staticmethod
    def _found(chapter: Chapter, part: Part, asked: list[str]) -> Found:
        anchor = f"#{part.anchor}" if part.anchor else ""
        folded = fold(part.text)
        places = [place for word in asked if (place := folded.find(word)) >= 0]
        first = max(0, min(places, default=0) - WORDS_AROUND)
        start = part.text.find(" ", first) + 1 if first else 0
        end = part.text.rfind(" ", start, start + 2 * WORDS_AROUND)
        is_whole = len(part.text) <= start + 2 * WORDS_AROUND
        excerpt = part.text[start:] if is_whole else part.text[start:end]
        before, after = "… " if start else "", "" if is_whole else " …"
        return Found(
            part.title,
            f"{chapter.book.label} › {chapter.title}",
            chapter.address + anchor,
            before + excerpt + after,
        )


def picture(name: str) -> str:
    """Return the address of a picture of the help."""
    return static_files.address(f"help/{name}")


def library() -> Library:
    """Return the library of this application, made at the first look."""
    found: Library | None = current_app.extensions.get(LIBRARY_EXTENSION)
    if found is None:
        desk = current_app.extensions.get(HELP_EXTENSION, HelpDesk())
        found = current_app.extensions[LIBRARY_EXTENSION] = Library(desk)
    return found
