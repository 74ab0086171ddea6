"""The command line, as a person and as a script meet it."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from xrm.platform.commands.records import atomic
from xrm.platform.main import cli
from xrm.platform.services.import_files import read_file
from xrm.platform.services.people import SIGN_IN_FIELD

Run = Callable[..., Result]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a database that has the core solution."""
    folder = tmp_path_factory.mktemp("data")
    result = CliRunner().invoke(cli, ["--data", str(folder), "init"])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    """Give a copy of it that the test may change."""
    target = tmp_path / "data"
    shutil.copytree(installed, target)
    return target


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command on the copy."""
    runner = CliRunner()

    def call(*arguments: str, given: str | None = None, code: int = 0) -> Result:
        result = runner.invoke(cli, ["--data", str(folder), *arguments], input=given)
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    return call


def all_commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))


COMMANDS = list(all_commands(cli))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda x: str(x)[:30])
def test_every_command_has_help_for_a_person(
    path: tuple[str, ...], command: click.Command
) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0
    assert command.help
    assert command.help.strip()[0].isupper()
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "kind":
            assert option.help, f"{' '.join(path)} {option.opts} has no help"


def test_help_names_the_first_steps() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert "xrm demo " in result.output
    assert re.search(r"^  xrm init|^    xrm init", result.output, re.MULTILINE)
    promised = ("demo", "init", "serve", "upgrade", "doctor", "solution", "user")
    for name in (*promised, "token", "role", "import", "export", "audit"):
        assert re.search(rf"^  {name} ", result.output, re.MULTILINE), name


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["user", "add"], ["serve", "--port", "x"], ["solution", "plan"]],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["solution", "list"],
        ["user", "list"],
        ["token", "create", "--user", "x"],
        ["role", "list"],
        ["audit", "verify"],
        ["serve"],
        ["export", "--entity", "x"],
    ],
)
def test_an_empty_database_says_what_to_do(
    arguments: list[str], tmp_path: Path
) -> None:
    result = CliRunner().invoke(cli, ["--data", str(tmp_path / "none"), *arguments])
    assert result.exit_code == 1
    assert "not initialised" in result.output
    assert "xrm init" in result.output


def test_a_database_that_cannot_be_used_is_no_traceback(tmp_path: Path) -> None:
    for url in ("mysql://x/y", "nonsense", "postgresql://127.0.0.1:1/none"):
        result = CliRunner().invoke(
            cli, ["--data", str(tmp_path), "--database", url, "solution", "list"]
        )
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        assert isinstance(result.exception, SystemExit)


def test_init_can_be_repeated(run: Run) -> None:
    assert "installed already" in run("init").output


def test_a_user_signs_in_with_roles(run: Run) -> None:
    added = run(
        *("user", "add", "mia", "--role", "basic_user", "--password-stdin"),
        given=f"{PASSWORD}\n",
    )
    assert "User mia added with the roles basic_user." in added.output
    listed = json.loads(run("user", "list", "--json").output)
    assert "mia" in [user["name"] for user in listed]
    again = run("user", "add", "mia", "--no-password", code=1)
    assert 'already a user "mia"' in again.output


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (("user", "add", "x", "--password-stdin"), "short\n", "at least 10"),
        (("user", "add", "x", "--password-stdin"), "", "no password in its first line"),
        (
            ("user", "add", "x", "--no-password", "--role", "basic_usr"),
            None,
            "basic_user",
        ),
        (("user", "password", "nobody", "--password-stdin"), PASSWORD, "no user"),
        (("user", "disable", "nobody"), None, 'There is no user "nobody"'),
        (("role", "grant", "nobody", "basic_user"), None, 'There is no user "nobody"'),
        (("token", "create", "--user", "nobody"), None, "xrm user add"),
        (("export", "--entity", "systemusr"), None, 'Did you mean "systemuser"'),
        (("export", "--entity", "role", "--filter", "nam eq 1"), None, "nam"),
        (("solution", "uninstall", "none", "--yes"), None, "is not installed"),
        (("solution", "uninstall", "core", "--yes"), None, "cannot be removed"),
    ],
)
def test_what_is_refused_says_why(
    run: Run, arguments: tuple[str, ...], given: str | None, message: str
) -> None:
    result = run(*arguments, given=given, code=1)
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_token_is_printed_alone(run: Run) -> None:
    run("user", "add", "mia", "--no-password")
    result = run("token", "create", "--user", "mia", "--name", "job")
    assert re.fullmatch(r"xrm_[A-Za-z0-9_-]{40,}\n", result.stdout)
    (token,) = json.loads(run("token", "list", "--user", "mia", "--json").output)
    assert token["name"] == "job"
    run("token", "revoke", token["id"])
    assert "revoked" in run("token", "list", "--user", "mia").output


def test_roles_are_granted_and_taken(run: Run) -> None:
    run("user", "add", "mia", "--no-password")
    assert "has the role" in run("role", "grant", "mia", "Basic user").output
    assert "already" in run("role", "grant", "mia", "basic_user").output
    assert "no longer" in run("role", "revoke", "mia", "basic_user").output


SOLUTION = {
    "solution.yaml": """\
kind: solution
name: tools
label: Tools
version: 1.0.0
publisher: Test
prefix: tl
requires: {core: ">=1.0"}
""",
    "entities/tl_tool/entity.yaml": """\
kind: entity
name: tl_tool
label: Tool
title: name
fields:
  name: {type: text, label: Name, required: true, max_length: 100}
  weight: {type: integer, label: Weight}
""",
}


def write(folder: Path, **changed: str) -> Path:
    """Write the solution above, with some texts replaced."""
    for name, text in SOLUTION.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        for old, new in changed.items():
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    return folder


def test_a_solution_is_planned_applied_and_undone(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "tools")
    planned = run("solution", "plan", str(source))
    assert "Plan for tools 1.0.0" in planned.output
    assert re.search(r"\+ entity\s+tl_tool", planned.output)
    assert f"Apply with: xrm solution apply {source}" in planned.output
    run("solution", "apply", str(source))
    listed = json.loads(run("solution", "list", "--json").output)
    assert [s["name"] for s in listed] == ["core", "tools"]
    exported = tmp_path / "out"
    run("solution", "export", "tools", str(exported))
    for name in SOLUTION:
        assert (exported / name).read_bytes() == (source / name).read_bytes()
    assert "Undone" in run("solution", "undo").output
    listed = json.loads(run("solution", "list", "--json").output)
    assert [s["name"] for s in listed] == ["core"]


def test_values_are_lost_only_when_that_is_wanted(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "tools")
    run("solution", "apply", str(source))
    rows = tmp_path / "tools.csv"
    rows.write_text("name,weight\nHammer,3\nSaw,1\n", "utf-8")
    imported = run("import", str(rows), "--entity", "tl_tool")
    assert "2 added" in imported.output
    entity = source / "entities/tl_tool/entity.yaml"
    text = entity.read_text("utf-8").replace(
        "  weight: {type: integer, label: Weight}\n", ""
    )
    entity.write_text(text, "utf-8")
    asked = run("solution", "apply", str(source), given="n\n", code=1)
    assert "2 records" in asked.output
    assert "Values would be lost" in asked.output
    report = run("solution", "apply", str(source), "--json", code=1)
    assert "--yes" in report.output
    run("solution", "apply", str(source), "--yes")
    run("solution", "undo")
    shown = run("export", "--entity", "tl_tool", "--format", "json")
    weights = sorted(json.loads(line)["weight"] for line in shown.stdout.splitlines())
    assert weights == [1, 3]


def test_problems_are_printed_with_their_place(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "tools", integer="integr", text="txt")
    result = run("solution", "check", str(source), code=1)
    places = re.findall(
        r"^\S*entity\.yaml:\d+:\d+ [A-Z]\d+ .+", result.output, re.MULTILINE
    )
    assert len(places) >= 2, result.output
    assert 'Did you mean "integer"?' in result.output
    data = json.loads(run("solution", "check", str(source), "--json", code=1).stdout)
    assert {"code", "message", "file", "line", "column"} <= set(data["problems"][0])


def test_records_are_exported_so_that_no_spreadsheet_runs_them(
    run: Run, tmp_path: Path
) -> None:
    run("user", "add", "mia", "--no-password", "--last-name", "=1+1")
    out = tmp_path / "users.csv"
    run("export", "--entity", "systemuser", "--output", str(out))
    assert "'=1+1" in out.read_text("utf-8")
    named = run(
        *("export", "--entity", "systemuser", "--format", "json"),
        *("--filter", f"{SIGN_IN_FIELD} eq 'mia'"),
    )
    assert json.loads(named.stdout)["lastname"] == "=1+1"
    book = tmp_path / "users.xlsx"
    run("export", "--entity", "systemuser", "--format", "xlsx", "--output", str(book))
    found = read_file(book).rows()
    assert "=1+1" in [row["lastname"] for _, row in found]
    run("export", "--entity", "systemuser", "--format", "xlsx", code=2)


def test_a_file_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("before")

    def stop_half_way() -> None:
        with atomic(file) as opened:
            opened.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert file.read_text() == "before"
    with atomic(file) as opened:
        opened.write(b"whole")
    assert file.read_text() == "whole"


def test_history_is_proven(run: Run) -> None:
    report = json.loads(run("audit", "verify", "--json").output)
    assert report["breaks"] == []
    assert len(report["seal"]) == 64


def test_the_doctor_shows_settings_without_secrets(run: Run) -> None:
    result = run("doctor")
    assert "XRM_DATABASE_URL" in result.output
    assert "All invariants hold." in result.output
    assert json.loads(run("doctor", "--json").output)["settings"]["XRM_DATA_DIR"]


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli,
        ["--data", str(tmp_path), "doctor"],
        env={"XRM_THREADS": "many"},
    )
    assert result.exit_code == 2
    assert 'XRM_THREADS cannot be "many"' in result.output
