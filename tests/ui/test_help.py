"""The help: everything that is registered is in it, its links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.world import Screens
from xrm.metadata.checks import CODES as CHECK_CODES
from xrm.metadata.documents import KINDS
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.roles import DEPTH_MEANINGS, DEPTHS, VERB_MEANINGS, VERBS
from xrm.metadata.schemas import field_schema, schema
from xrm.platform.commands.described import described
from xrm.platform.main import cli
from xrm.platform.settings import SETTINGS
from xrm.rule_engine.codes import CODES as RULE_CODES
from xrm.rule_engine.functions import ALL as FUNCTIONS
from xrm.rule_engine.words import FORMS
from xrm.solutions.codes import CODES as PACKAGE_CODES
from xrm.ui import static_files
from xrm.ui.cells import cleaned
from xrm.ui.help_desk import HelpDesk
from xrm.ui.help_library import BOOKS, FOLDER, Library
from xrm.ui.help_text import render

LIBRARY = Library(HelpDesk(lambda: list(described(cli)), PACKAGE_CODES))
CHAPTERS = [(chapter.book.name, chapter.name) for chapter in LIBRARY.chapters]


def page(book: str, name: str) -> str:
    return str(cleaned(LIBRARY.page(LIBRARY.chapter(book, name)).html))


def anchors(html: str) -> set[str]:
    return set(re.findall(r'id="([^"]+)"', html))


def reference(name: str) -> str:
    return LIBRARY.source("reference", name)


def keys_of(part: object) -> Iterator[str]:
    """Give every key that a schema allows, at any depth."""
    if isinstance(part, dict):
        yield from part.get("properties") or ()
        for value in part.values():
            yield from keys_of(value)
    elif isinstance(part, list):
        for value in part:
            yield from keys_of(value)


def test_every_setting_is_documented() -> None:
    text = reference("settings")
    for one in SETTINGS:
        assert f"`{one.variable}`" in text
        assert one.summary in text


def test_every_field_type_is_documented_with_its_keys_and_an_example() -> None:
    text = reference("fields")
    for name, made in FIELD_TYPES.items():
        assert f"## Type {name}\n" in text
        part = text.partition(f"## Type {name}\n")[2].partition("\n## ")[0]
        assert made.summary in part
        assert not made.declarable or f"type: {name}" in part
        for key in made.options:
            assert f"`{key}`" in part, (name, key)
        for operator in made.operators:
            assert operator.label in part, (name, operator.label)
        for key in field_schema(made)["properties"]:
            assert f"`{key}`" in text, (name, key)


def test_every_function_is_documented() -> None:
    text = reference("functions").replace("\\|", "|")
    for function in FUNCTIONS:
        assert f"`{function.signature}`" in text
        assert function.sentence in text.replace("  ", " ")


def test_every_form_of_the_rule_language_is_documented() -> None:
    text = reference("rules")
    for form in FORMS:
        assert f"{{#{form.part}-{form.name}}}" in text
        assert f"`{form.written}`" in text


def test_every_problem_code_is_documented_once() -> None:
    text = reference("problems")
    books = (CHECK_CODES, RULE_CODES, PACKAGE_CODES)
    codes = [code for book in books for code in book]
    assert len(codes) == len(set(codes)), "a code has two meanings"
    for book in books:
        for code, sentence in book.items():
            assert f"{{#{code}}}`{code}`" in text
            assert sentence in text.replace("\\|", "|")


def test_every_code_of_a_package_problem_is_in_the_table() -> None:
    folder = Path(__file__).resolve().parents[2] / "solutions"
    used = {
        code
        for path in folder.glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"(S\d{3})"', path.read_text("utf-8"))
    }
    assert used == set(PACKAGE_CODES)


def test_every_command_and_option_is_documented() -> None:
    text = reference("commands")
    for one in described(cli):
        assert f"## {one.name}\n" in text
        assert one.usage in text
        for option in one.options:
            assert f"`{option.written}`".replace("|", "\\|") in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_definition_is_documented(kind: str) -> None:
    text = reference("definitions")
    start = text.index(f"## Kind {kind}\n")
    part = text[start : text.find("\n## ", start + 5)]
    for key in keys_of(schema(kind)):
        assert f"`{key}`" in part, key


def test_every_privilege_and_access_level_is_documented() -> None:
    text = reference("rights")
    assert (set(VERB_MEANINGS), set(DEPTH_MEANINGS)) == (set(VERBS), set(DEPTHS))
    for word, sentence in (*VERB_MEANINGS.items(), *DEPTH_MEANINGS.items()):
        assert f"`{word}` | {sentence}" in text


def test_every_text_is_a_chapter() -> None:
    files = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.md")}
    named = {
        f"{book.name}/{name}.md"
        for book in BOOKS
        if book.name != "reference"
        for name in book.chapters
    }
    assert files == named


def test_every_picture_is_there_and_small() -> None:
    used = {
        name
        for path in FOLDER.rglob("*.md")
        for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", path.read_text("utf-8"))
    }
    kept = {
        name.removeprefix("help/"): len(file.content)
        for name, file in static_files.files().items()
        if name.startswith("help/")
    }
    assert set(kept) == used
    assert max(kept.values()) <= 100_000
    assert sum(kept.values()) <= 500_000
    assert static_files.files()["help/list.webp"].kind == "image/webp"


@pytest.mark.parametrize(("book", "name"), CHAPTERS)
def test_the_links_of_a_chapter_lead_somewhere(book: str, name: str) -> None:
    html = page(book, name)
    assert html.count("<h1") == 1
    found = anchors(html)
    assert len(re.findall(r'id="', html)) == len(found), "an anchor stands twice"
    for href in re.findall(r'href="([^"]+)"', html):
        address, _, anchor = href.partition("#")
        if not address:
            assert anchor in found, href
        elif address.startswith("/help/"):
            other = page(*address.removeprefix("/help/").split("/"))
            assert not anchor or anchor in anchors(other), href
        else:
            assert address.startswith("http://127.0.0.1"), href


def test_every_word_of_the_reference_leads_to_its_entry() -> None:
    for word, address in LIBRARY.words.items():
        place, _, anchor = address.partition("#")
        other = page(*place.removeprefix("/help/").split("/"))
        assert anchor in anchors(other), word


def test_a_word_in_code_links_to_its_entry() -> None:
    made = render("# A\n\nSee `today()`, `XRM_DATA_DIR` and `nothing`.", LIBRARY.words)
    assert 'href="/help/reference/functions#today"' in made.html
    assert 'href="/help/reference/settings#xrm_data_dir"' in made.html
    assert "<code>nothing</code>." in made.html


def test_a_text_cannot_bring_its_own_html() -> None:
    source = '# A\n\n<script>alert(1)</script> [x](javascript:alert(2)) <b onclick="x">'
    made = str(cleaned(render(source, {}).html))
    assert "<script" not in made
    assert "<b" not in made
    assert 'href="javascript' not in made


def test_search_finds_parts_by_all_words() -> None:
    found = LIBRARY.search("ROLLUP formula")
    assert found[0].title == "Formulas and rollups"
    assert found[0].address == "/help/consultant/rules#formulas-and-rollups"
    assert LIBRARY.search("F004")[0].address.startswith("/help/reference/problems")
    assert LIBRARY.search("nowhereisthisword") == []
    assert LIBRARY.search("  ") == []


def test_the_pages_open_for_everybody_who_is_signed_in(screens: Screens) -> None:
    carla = screens.client("carla")
    home = carla.get("/help")
    assert home.status_code == 200
    assert "Consultant" in home.text
    answer = carla.get("/help/consultant/first_app")
    assert answer.status_code == 200
    assert 'aria-current="page">Your first application in 30 minutes' in answer.text
    assert "club/solution.yaml" in answer.text
    for book, name in CHAPTERS:
        assert carla.get(f"/help/{book}/{name}").status_code == 200
    assert "Formulas and rollups" in carla.get("/help?q=rollup+formula").text
    assert "Nothing was found" in carla.get("/help?q=nowhereisthisword").text
    assert carla.get("/help/consultant/nothing").status_code == 404
    stranger = screens.app.test_client().get("/help")
    assert stranger.status_code == 401


def test_a_list_and_a_form_lead_to_their_chapters(screens: Screens) -> None:
    carla = screens.client("carla")
    assert 'href="/help/user/lists"' in carla.get("/app/work/sample").text
    assert 'href="/help/user/records"' in carla.get("/app/work/sample/new").text
    assert 'href="/help"' in carla.get("/app/work/sample").text
