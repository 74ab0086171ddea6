"""The floors of the house: who may import whom, and what no module may do.

The tables here are the design's. A change of a table is a change of the design: say why
in the commit.
"""

import re
import sys
import tomllib
from importlib import metadata

import pytest

from tests.support.environment import ROOT
from tests.support.source import (
    FOLDERS,
    Import,
    Module,
    calls,
    imports,
    listed,
    modules,
)

MAIN = "platform/main.py"

# Which packages of xrm a folder may import.
FLOORS = {
    "rule_engine": {"rule_engine"},
    "metadata": {"rule_engine", "metadata"},
    "platform": {"rule_engine", "metadata", "platform"},
    "solutions": {"rule_engine", "metadata", "platform", "solutions"},
    "ui": {"rule_engine", "metadata", "platform", "ui"},
}

# Which libraries a folder may import; `platform/` may import every declared one.
LIBRARIES = {
    "rule_engine": {"lark", "sqlalchemy"},
    "metadata": {
        "jsonschema",
        "referencing",
        "yaml",
        "marshmallow",
        "sqlalchemy",
        "babel",
    },
    "solutions": set[str](),
    "ui": {
        *("flask", "flask_htmx", "jinja2", "markupsafe", "werkzeug", "babel"),
        *("markdown_it", "nh3", "yaml"),  # the help: texts, cleaned; examples as YAML
    },
}

# Where a library may be imported inside the folders that may have it at all.
PLACES = {
    "flask": ("platform/api/", "platform/web.py", MAIN, "ui/"),
    "flask_htmx": ("platform/web.py", MAIN, "ui/"),
    "flask_wtf": ("platform/api/", "platform/web.py", MAIN),
    "flask_limiter": ("platform/api/", "platform/web.py", MAIN),
    "babel": ("metadata/fields/", "platform/", "ui/"),  # values as people read them
    "sqlalchemy": (
        "rule_engine/to_sql.py",
        "rule_engine/functions/",
        "metadata/fields/",
        "platform/",
    ),
}

# Modules that run Python they made: of a checked rule, of checked names of fields.
GENERATED_CODE = ("rule_engine/evaluate.py", "metadata/fields/converters.py")

# Calls that are refused, and the modules that may make them nevertheless.
REFUSED_CALLS = {
    "eval": (),
    "exec": GENERATED_CODE,
    "compile": GENERATED_CODE,
    "__import__": (),
    "os.system": (),
    "os.popen": (),
    "yaml.load": (),
    "yaml.load_all": (),
    "yaml.full_load": (),
    "yaml.unsafe_load": (),
    "Markup": ("ui/cells.py",),
    "markupsafe.Markup": (),
}
REFUSED_IMPORTS = {"pickle", "cPickle", "shelve", "marshal", "dill"}

# SQL from text: only for what SQLAlchemy cannot express (pragmas, settings, locks),
# only in platform/database/, and not more often than this.
SQL_TEXT_PLACE = "platform/database/"
SQL_TEXT_LIMIT = 30

MODULE_LINES = 500
FRONT_DOOR_LINES = 40

STANDARD = set(sys.stdlib_module_names)


def all_imports() -> list[Import]:
    return [found for module in modules() for found in imports(module)]


def outside() -> list[tuple[Import, str]]:
    """Return the imports of libraries with the library's top name."""
    named = [(found, found.target.partition(".")[0]) for found in all_imports()]
    return [(found, top) for found, top in named if top not in STANDARD | {"xrm"}]


def test_there_is_code_to_check() -> None:
    assert {module.folder for module in modules()} == set(FOLDERS)


def test_imports_point_downwards() -> None:
    faults = []
    for found in all_imports():
        parts = found.target.split(".")
        if parts[0] != "xrm" or found.module.name == MAIN:
            continue
        if len(parts) < 2 or parts[1] not in FLOORS[found.module.folder]:
            faults.append(str(found))
    assert not faults, listed(faults)


def test_imports_are_absolute_and_begin_with_xrm() -> None:
    """A bare `import metadata` would make a second copy of every registry."""
    bare = set(FOLDERS) - {"platform"}
    faults = [
        str(found)
        for found in all_imports()
        if found.level
        or found.target.partition(".")[0] in bare
        or re.match(r"platform\.(main|web|database|records|query|api)\b", found.target)
    ]
    assert not faults, listed(faults)


def test_no_import_stands_inside_a_function() -> None:
    faults = [str(found) for found in all_imports() if found.is_nested]
    assert not faults, listed(faults)


def test_main_is_imported_by_none() -> None:
    faults = [
        str(found)
        for found in all_imports()
        if (found.target + ".").startswith("xrm.platform.main.")
    ]
    assert not faults, listed(faults)


def test_folders_import_only_their_libraries() -> None:
    faults = [
        str(found)
        for found, top in outside()
        if found.module.folder in LIBRARIES
        and top not in LIBRARIES[found.module.folder]
    ]
    assert not faults, listed(faults)


def test_libraries_are_imported_only_in_their_places() -> None:
    faults = [
        str(found)
        for found, top in outside()
        if top in PLACES and not found.module.name.startswith(PLACES[top])
    ]
    assert not faults, listed(faults)


def declarations() -> list[str]:
    """Return the libraries that pyproject.toml declares for running."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"]
    running = [extras[name] for name in sorted(extras) if name not in ("test", "lint")]
    lines: list[str] = sum(running, project["dependencies"])
    return lines


def test_every_library_is_declared() -> None:
    """What only comes along with another library today may be gone tomorrow."""
    declared = {
        re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower().replace("_", "-")
        for line in declarations()
    }
    declared |= {"markupsafe", "psycopg-pool", "pyyaml"}
    makers = metadata.packages_distributions()
    faults = []
    for found, top in outside():
        names = {name.lower().replace("_", "-") for name in makers.get(top, [top])}
        if not names & declared:
            faults.append(f"{found}, which pyproject.toml does not declare")
    assert not faults, listed(faults)


def test_platform_has_no_init() -> None:
    """With one it would shadow the standard library's `platform`."""
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_xrm_is_a_namespace_only() -> None:
    """With a folder of that name an editable install cannot find the packages."""
    assert not (ROOT / "xrm").exists()


def test_solutions_hold_no_python() -> None:
    packages = {
        manifest.parent
        for pattern in ("*/solution.yaml", "*/solution.yml", "*/solution.json")
        for manifest in (ROOT / "solutions").glob(pattern)
    } | {ROOT / "solutions" / "core", ROOT / "solutions" / "crm"}
    code = [str(path) for folder in packages for path in folder.rglob("*.py")]
    assert not code, listed(code)


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_modules_are_short(module: Module) -> None:
    lines = module.text.count("\n")
    limit = FRONT_DOOR_LINES if module.path.name == "__init__.py" else MODULE_LINES
    assert lines <= limit, f"{module.name} has {lines} lines; at most {limit}. Split it"


def test_no_module_calls_what_runs_text_or_trusts_it() -> None:
    faults = []
    for module in modules():
        own = set(re.findall(r"^(?:def|class) (\w+)", module.text, re.MULTILINE))
        own |= {found.target.rpartition(".")[2] for found in imports(module)}
        own -= {"Markup"}
        for line, name in calls(module):
            if name in REFUSED_CALLS and name not in own:
                allowed: tuple[str, ...] = REFUSED_CALLS[name]
                if module.name not in allowed:
                    faults.append(f"{module.name}:{line} calls {name}")
    assert not faults, listed(faults)


def test_no_module_unpickles() -> None:
    faults = [
        str(found)
        for found in all_imports()
        if found.target.partition(".")[0] in REFUSED_IMPORTS
    ]
    assert not faults, listed(faults)


def test_no_template_switches_escaping_off() -> None:
    pattern = re.compile(r"\|\s*safe\b|autoescape\s+false")
    faults = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "ui" / "templates").rglob("*.*"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not faults, listed(faults)


def test_no_shell_is_started() -> None:
    faults = [
        f"{module.name}:{number}"
        for module in modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if "shell=True" in line
    ]
    assert not faults, listed(faults)


def sql_texts(module: Module) -> list[str]:
    """Return the places where a module hands SQL over as text."""
    imported = any(found.target == "sqlalchemy.text" for found in imports(module))
    aliases = re.findall(
        r"^import sqlalchemy(?: as (\w+))?$", module.text, re.MULTILINE
    )
    names = {f"{alias or 'sqlalchemy'}.text" for alias in aliases}
    names |= {"text"} if imported else set()
    return [
        f"{module.name}:{line} calls {name}"
        for line, name in calls(module)
        if name in names or name.endswith(".exec_driver_sql")
    ]


def test_sql_is_text_only_where_it_must_be() -> None:
    found = [place for module in modules() for place in sql_texts(module)]
    assert [place for place in found if not place.startswith(SQL_TEXT_PLACE)] == []
    assert len(found) <= SQL_TEXT_LIMIT, found
