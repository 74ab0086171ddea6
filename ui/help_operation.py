"""Know the pages of the reference about running it: commands, settings, rights, limits.

Pure: registries and the constants of the modules that hold to them in, Markdown out.
"""

from collections.abc import Iterator

from xrm.metadata import document_tree, yaml_documents
from xrm.metadata.checks import entity_checks
from xrm.metadata.fields import multichoice, numbers, tags
from xrm.metadata.roles import DEPTH_MEANINGS, DEPTHS, VERB_MEANINGS, VERBS
from xrm.platform.api import bulk, expands
from xrm.platform.automation import triggers
from xrm.platform.query import shapes
from xrm.platform.records import cascades
from xrm.platform.security import passwords, sessions
from xrm.platform.services import export_files, import_files, preferences
from xrm.platform.settings import SETTINGS
from xrm.rule_engine import budget, parser
from xrm.ui import list_state, routes_actions
from xrm.ui.help_desk import HelpDesk
from xrm.ui.help_markdown import code, table
from xrm.ui.help_text import slug


def settings(_: HelpDesk) -> str:
    """Return the page of settings."""
    rows = [
        (
            f"{{#{slug(one.variable)}}}{code(one.variable)}",
            one.summary + (" *Never shown.*" if one.secret else ""),
            one.default,
        )
        for one in SETTINGS
    ]
    return "\n\n".join(
        [
            "A setting is an environment variable, read when a command or a server "
            "starts. `xrm doctor` shows those in force, and where each comes from.",
            table(("Variable", "Meaning", "Without it"), rows),
        ]
    )


def commands(desk: HelpDesk) -> str:
    """Return the page of commands."""
    parts = [
        "Every command has `--help`. Exit codes: 0 done, 1 refused with the reasons "
        "printed, 2 wrong usage.",
    ]
    for one in desk.commands():
        parts += [f"## {one.name}", f"```\n{one.usage}\n```", _paragraphs(one.text)]
        rows = [(code(option.written), option.help) for option in one.options]
        parts.append(table(("Option", "Meaning"), rows))
    return "\n\n".join(filter(None, parts))


def _paragraphs(text: str) -> str:
    """Return a command's own text; indented lines stay as they are."""
    kept = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.splitlines()
        if any(line.startswith(" ") for line in lines):
            kept.append(f"```\n{paragraph}\n```")
        else:
            kept.append(" ".join(lines))
    return "\n\n".join(kept)


def rights(_: HelpDesk) -> str:
    """Return the page of privileges and access levels."""
    verbs = [(f"{{#verb-{v}}}{code(v)}", VERB_MEANINGS[v]) for v in VERBS]
    depths = [(f"{{#level-{d}}}{code(d)}", DEPTH_MEANINGS[d]) for d in DEPTHS]
    return "\n\n".join(
        [
            "A role says, for each entity, which privileges it gives and how far each "
            "reaches. Rights add up: of two roles the greater access level counts, and "
            "nothing takes away. Without a role nobody sees anything.",
            "```yaml file=roles/librarian.yaml\nkind: role\nname: librarian\n"
            "label: Librarian\nprivileges:\n  book: organization\n"
            "  loan: {all: unit, delete: none}\n  reader: {read: organization}\n```",
            "A depth alone is for every privilege; `all` is for those not named. The "
            'entity `"*"` stands for every entity that is not named.',
            "## Privileges",
            table(("Privilege", "What it allows"), verbs),
            "## Access levels",
            table(("Access level", "Which records"), depths),
            "An entity that belongs to the organization knows only `none` and "
            "`organization`. The records of a child entity, such as the lines of an "
            "order, follow the rights of their parent.",
        ]
    )


def limits(_: HelpDesk) -> str:
    """Return the page of limits."""
    rows = [(what, f"{most:,}{unit}") for what, most, unit in _limits()]
    changeable = [
        (one.summary, one.default, code(one.variable))
        for one in SETTINGS
        if one.default.isdigit()
    ]
    return "\n\n".join(
        [
            "Limits keep one person's mistake from becoming everybody's problem. What "
            "goes beyond is refused with a message that names the limit.",
            "## Limits that settings change",
            table(("What", "Without the setting", "Setting"), changeable),
            "## Limits that are fixed",
            table(("What", "At most"), rows),
        ]
    )


def _limits() -> Iterator[tuple[str, int, str]]:
    yield "Characters of a rule or expression", parser.MAX_CHARACTERS, ""
    yield "Levels of nesting in a rule", parser.MAX_DEPTH, ""
    yield "Statements of one run of rules", budget.MAX_STATEMENTS, ""
    yield "Steps of evaluation of one run of rules", budget.MAX_STEPS, ""
    yield "Characters of a text that a rule makes", budget.MAX_TEXT, ""
    yield "Rules that set off one another", triggers.MAX_DEPTH, ""
    yield "Levels of records deleted or assigned along", cascades.MAX_DEPTH, ""
    yield "Fields of an entity", entity_checks.MAX_FIELDS, ""
    yield "Fields of a key", entity_checks.MAX_KEY_FIELDS, ""
    yield "Digits of a number", numbers.MOST_DIGITS, ""
    yield "Options chosen in one field", multichoice.MOST_CHOSEN, ""
    yield "Tags of a record", tags.MOST_TAGS, ""
    yield "Size of a YAML file", yaml_documents.MAX_BYTES, " bytes"
    yield "Keys and values of a file", document_tree.MAX_NODES, ""
    yield "Size of a file to import", import_files.MAX_BYTES, " bytes"
    yield "Rows of a file to import", import_files.MAX_ROWS, ""
    yield "Columns of a file to import", import_files.MAX_COLUMNS, ""
    yield "Rows of a workbook that is exported", export_files.MOST_ROWS, ""
    yield "Filters of a list", list_state.MOST_FILTERS, ""
    yield "Records changed at once from a list", routes_actions.MOST_ROWS, ""
    yield "Conditions of one query", shapes.MOST_CONDITIONS, ""
    yield "Records of one bulk call of the API", bulk.MOST_TARGETS, ""
    yield "Expanded lookups of one API call", expands.MOST_EXPANDS, ""
    yield "Pinned records of a person", preferences.MOST_PINNED, ""
    yield "Characters of a password", passwords.MOST_LENGTH, ""
    yield "Wrong passwords before waiting begins", sessions.FREE_FAILURES, ""


def words(desk: HelpDesk) -> Iterator[tuple[str, str]]:
    """Give every word with an entry on these pages, and its address."""
    base = "/help/reference"
    for one in SETTINGS:
        yield one.variable, f"{base}/settings#{slug(one.variable)}"
    for command in desk.commands():
        if not command.is_group:
            yield command.name, f"{base}/commands#{slug(command.name)}"
