"""No entity of a solution is named in the code; nothing names a person or a machine.

The platform runs any solution. It stands on a few entities of core (users, teams,
roles, …): `rule_engine/core_names.py` names them, and every other module imports them.
"""

import ast
import os
import re
from collections.abc import Iterator

from tests.support.environment import ROOT, lacking
from tests.support.source import Module, docstrings, listed, modules, text_files

CORE_NAMES = "rule_engine/core_names.py"

# Entities whose names are also words of the platform's own language or of Python's
# libraries, and so say nothing about an entity: where they are a whole string …
COMMON_STRINGS = {
    "role",  # a kind of definition
    "team",  # a kind of owner
    "email",  # a format of text fields
    "organization",  # an access level, in the published spelling
    "connection",  # to a database
    "queue",  # of work waiting
    "subject",  # of a letter, of a token
    "template",  # of a page
    "list",  # a page
    "report",  # what a command prints
    "service",  # a name on the network
    "calendar",  # a widget
    "product",  # a multiplication in the grammar
    "task",  # a line of a progress bar
    "lead",  # a class of the style sheet: the first column
    "position",  # of a character, of an item of a list
    "feedback",  # a class of the style sheet: what a form says of a field
}

# … and where they are a name in Python.
COMMON_IDENTIFIERS = COMMON_STRINGS | {
    "quote",  # of an address (urllib)
    "goal",
    "metric",  # of operation
    "letter",  # of an alphabet
    "contract",  # of a protocol
    "site",
}

# Arguments and attributes that hold an example for the reader.
EXAMPLES = {"example", "examples"}

# A machine's folders, and hosts that packages come from. In parts, so that this file
# does not match itself.
PRIVATE = (
    *(rf"(?<![\w>])/{folder}/" for folder in ("work", "root", "home")),
    *("pypi[.]" + "org", "registry[.]" + "npmjs", "deb[.]" + "debian.org"),
)
VENDORED = "ui/static/vendor/"


def entity_names() -> set[str]:
    """Return the names of the entities of every solution in the repository."""
    found = {
        (path.stem if path.is_file() else path.name)
        for solution in (ROOT / "solutions").iterdir()
        if (solution / "entities").is_dir()
        for path in (solution / "entities").iterdir()
    }
    return {name for name in found if re.fullmatch(r"[a-z_][a-z0-9_]*", name)}


def examples(tree: ast.Module) -> set[int]:
    """Return the identities of the nodes below an argument or attribute `example`."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in EXAMPLES:
            roots.append(node.value)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id in EXAMPLES for t in targets):
                roots.append(node.value)
    return {id(inner) for root in roots for inner in ast.walk(root)}


def identifiers(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node gives or uses."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.arg | ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name


def strings(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of the strings that are neither docstring nor example."""
    left_out = docstrings(module.tree) | examples(module.tree)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Constant) or id(node) in left_out:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value


def entities_named_in(module: Module, names: set[str]) -> Iterator[str]:
    """Yield a fault for each entity in strings (also in paths) and identifiers.

    A string with a space is prose, such as a message, and is left alone.
    """
    for line, text in strings(module):
        if not re.search(r"\s", text):
            words = set(re.findall(r"[a-z_][a-z0-9_]*", text))
            for word in sorted(words & names - COMMON_STRINGS):
                yield f'{module.name}:{line} names "{word}" in a string'
    for node in ast.walk(module.tree):
        for name in identifiers(node):
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            words = {snake, *snake.split("_")}
            for word in sorted(words & names - COMMON_IDENTIFIERS):
                line = getattr(node, "lineno", 0)
                yield f'{module.name}:{line} names "{word}" in {name}'


def test_no_entity_of_a_solution_is_named_in_the_code() -> None:
    names = entity_names()
    faults = [
        fault
        for module in modules()
        if module.folder != "solutions" and module.name != CORE_NAMES
        for fault in entities_named_in(module, names)
    ]
    assert not faults, f"import it from {CORE_NAMES}: {listed(faults)}"


def test_a_named_entity_is_found() -> None:
    """The guard itself works, also before there is a solution."""
    text = '''
def opportunity_value(a): """Docstring of account."""
x = "account"; y = "/account/1"; z = "An account is missing."
define(example="sum(opportunity)")
class IncidentScore: pass
'''
    module = Module(ROOT / "ui" / "sample.py", text, ast.parse(text))
    faults = list(entities_named_in(module, {"account", "opportunity", "incident"}))
    assert faults == [
        'ui/sample.py:3 names "account" in a string',
        'ui/sample.py:3 names "account" in a string',
        'ui/sample.py:2 names "opportunity" in opportunity_value',
        'ui/sample.py:5 names "incident" in IncidentScore',
    ]


def test_no_entity_of_a_solution_is_named_in_a_template() -> None:
    names = entity_names() - COMMON_STRINGS
    faults = []
    for path in sorted((ROOT / "ui" / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for word in re.findall(r"""["'/]([a-z_][a-z0-9_]*)["'/]""", line):
                if word in names:
                    faults.append(f'{path.relative_to(ROOT)}:{number} names "{word}"')
    assert not faults, listed(faults)


def test_core_names_are_entities_of_core() -> None:
    """A constant that core does not declare would fail only when a user meets it."""
    core = ROOT / "solutions" / "core"
    if not (core / "entities").is_dir():
        lacking("solutions/core does not exist yet", setting="XRM_REQUIRE_ALL")
    module = next(found for found in modules() if found.name == CORE_NAMES)
    named = {
        node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    declared = {path.stem for path in core.rglob("*") if not path.name.startswith(".")}
    texts = "\n".join(path.read_text("utf-8") for path in sorted(core.rglob("*.yaml")))
    missing = {
        name
        for name in named - declared
        if not re.search(rf"\b{re.escape(name)}\b", texts)
    }
    assert not missing, listed(missing)


def test_no_file_names_a_machine_or_a_registry() -> None:
    faults = []
    for path in text_files():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(VENDORED):
            continue
        for number, line in enumerate(
            path.read_text("utf-8", errors="replace").splitlines(), 1
        ):
            faults += [
                f"{name}:{number} names {word}"
                for word in PRIVATE
                if re.search(word, line)
            ]
    assert not faults, listed(faults)


def test_no_file_name_depends_on_letter_case() -> None:
    """Files that differ by case only cannot both be checked out on some machines."""
    seen: dict[str, str] = {}
    clashes = []
    for path in text_files():
        name = os.fspath(path.relative_to(ROOT))
        other = seen.setdefault(name.lower(), name)
        if other != name:
            clashes.append(f"{other} and {name}")
    assert not clashes, listed(clashes)
