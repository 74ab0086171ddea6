"""The guides do what they say: every file and command of them, as written."""

import re
import shlex
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError

import click
import pytest

from tests.support.environment import ROOT
from tests.support.guide import FENCE, Reader, blocks, reading
from xrm.metadata.loading import load_document
from xrm.metadata.schemas import schema_problems
from xrm.platform.main import cli

HELP = ROOT / "ui" / "help"
GUIDE = HELP / "consultant" / "first_app.md"
FURTHER = ("packages", "rules", "screens", "changes", "data")
"""The chapters that go on with the club of the first one."""


@pytest.mark.timeout(900)  # forty processes, on a busy machine
def test_the_first_application_is_built_as_the_guide_says(tmp_path: Path) -> None:
    text = GUIDE.read_text("utf-8")
    found = blocks(text)
    assert text.count("```") == 2 * len(found)
    with reading(tmp_path) as reader:
        for block in found:
            reader.follow(block)
        own = {file for file in reader.files if file.startswith("club/")}
        said = re.search(r"In (\d+) short files", text)
        assert said is not None
        assert int(said[1]) == len(own)
        look_at_it(reader)
        for name in FURTHER:
            text = (HELP / "consultant" / f"{name}.md").read_text("utf-8")
            for block in blocks(text):
                reader.follow(block)


@pytest.mark.parametrize("path", sorted(HELP.rglob("*.md")), ids=lambda path: path.stem)
def test_every_command_that_a_text_names_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = [line for block in blocks(text) for line in block.content.splitlines()]
    lines += re.findall(r"`(xrm [^`]+)`", FENCE.sub("", text))
    typed = [line.rpartition("| ")[2] for line in lines]
    for line in typed:
        if not line.startswith("xrm "):
            continue
        words = shlex.split(line)[1:]
        command: click.Command = cli
        while isinstance(command, click.Group) and words:
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {name for option in command.params for name in option.opts}
        assert {w for w in words if w.startswith("--")} <= known, line


@pytest.mark.parametrize("path", sorted(HELP.rglob("*.md")), ids=lambda path: path.stem)
def test_yaml_that_is_no_file_is_a_part_of_an_entity(path: Path) -> None:
    for block in blocks(path.read_text("utf-8")):
        if block.language != "yaml" or block.file:
            continue
        text = "kind: entity\nname: thing\n" + block.content
        document, problems = load_document(text, "thing.yaml")
        assert document is not None, problems
        assert schema_problems(document) == []


def look_at_it(reader: Reader) -> None:
    """Lend a tool twice as the helper, on the server that ran all the time."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar())
    )
    base = f"http://127.0.0.1:{reader.port}"

    def get(path: str, values: dict[str, str] | None = None) -> tuple[int, str]:
        data = None if values is None else urllib.parse.urlencode(values).encode()
        try:
            with opener.open(urllib.request.Request(base + path, data)) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def send(path: str, **values: str) -> tuple[int, str]:
        token = re.search(r'name="csrf_token" value="([^"]+)"', get(path)[1])
        assert token is not None
        return get(path, {"csrf_token": token[1], **values})

    assert send("/sign-in", name="ben", password="another-long-way-home-7")[0] == 200
    status, tools = get("/app/lend_club/lend_tool")
    assert status == 200
    assert "Concrete mixer" in tools
    assert get("/app/lend_club/lend_tool/new")[0] == 403
    place = "/app/lend_club"
    assert send(f"{place}/lend_member/new", name="Carla Weiss")[0] == 200
    mixer = re.search(r'href="[^"]*/lend_tool/([0-9a-f-]{36})[^"]*">Concrete', tools)
    members = get(f"{place}/lend_member")[1]
    carla = re.search(r'href="[^"]*/lend_member/([0-9a-f-]{36})[^"]*">Carla', members)
    assert mixer is not None
    assert carla is not None
    loan = {
        "toolid": f"lend_tool:{mixer[1]}",
        "toolid.text": "Concrete mixer",
        "memberid": f"lend_member:{carla[1]}",
        "memberid.text": "Carla Weiss",
    }
    status, made = send(f"{place}/lend_loan/new", **loan)
    assert (status, "L-01000" in made) == (200, True), made[:2000]
    status, refused = send(f"{place}/lend_loan/new", **loan)
    assert "This tool is out. Wait until it is back." in refused
    assert 400 <= status < 500
