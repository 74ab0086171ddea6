"""Know how whole rows are converted: functions generated once from the field types.

Looping over metadata for each value is several times slower than straight code. The
code here is generated of checked names (`definitions.NAME`) and of references to the
types' own functions, never of a user's text; it means exactly what the types' `parse`,
`to_columns` and `to_json` mean.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from xrm.metadata import fields as types
from xrm.metadata.definitions import NAME
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import ValueProblem


class Fault(NamedTuple):
    """A refused value: the field, a code and a message for its sender."""

    field: str
    code: str
    message: str


Loader = Callable[[Mapping[str, Any]], tuple[dict[str, Any], list[Fault]]]
Binder = Callable[[Mapping[str, Any]], dict[str, Any]]
Writer = Callable[[Mapping[str, Any]], dict[str, Any]]

_MISSING: Final = object()
MOST_LOADERS: Final = 100
"""For how many sets of names a loader has a function of its own."""


def _compiled(
    name: str, argument: str, lines: Iterable[str], names: Mapping[str, Any]
) -> Any:
    source = "\n ".join([f"def {name}({argument}):", *lines])
    space: dict[str, Any] = {"__builtins__": {"len": len, "type": type}, **names}
    exec(compile(source, f"<generated {name}>", "exec"), space)
    return space[name]


def _checked(names: Iterable[str]) -> list[str]:
    """Return the names; they become code.

    Raises:
        ValueError: one is no name.
    """
    made = list(names)
    for name in made:
        if not NAME.fullmatch(name):
            message = f"{name!r} is no name of a field."
            raise ValueError(message)
    return made


def row_loader(entity: Entity, fields: Sequence[str]) -> Loader:
    """Return the function that parses records with these fields.

    It takes a mapping of field names to anything a caller may send and gives the stored
    values of the fields that were sent (a lookup as `Ref`), and the faults of the
    refused ones. Names that are not among `fields` are reported as `unknown_field`.

    For rows of the same few names it has a function each that looks at no other field.
    """
    names = tuple(_checked(dict.fromkeys(fields)))
    unknown = _unknown(entity, frozenset(names))
    parsers = {
        name: types.field_type(entity.field(name).type).parser(entity.field(name))
        for name in names
    }
    whole = _loader(names, parsers, unknown)
    known: dict[tuple[str, ...], Loader] = {}

    def load(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
        sent = tuple(row)
        made = known.get(sent)
        if made is None:
            if len(known) >= MOST_LOADERS or not parsers.keys() >= set(sent):
                return whole(row)
            given = [name for name in names if name in row]
            made = known[sent] = _loader(given, parsers, unknown)
        return made(row)

    return load


def _loader(
    fields: Sequence[str],
    parsers: Mapping[str, Callable[[Any], Any]],
    unknown: Callable[[Mapping[str, Any]], list[Fault]],
) -> Loader:
    lines = ["made = {}", "faults = []", "seen = 0", "get = row.get"]
    names: dict[str, Any] = {
        "MISSING": _MISSING,
        "ValueProblem": ValueProblem,
        "Fault": Fault,
        "unknown": unknown,
    }
    for index, name in enumerate(fields):
        names[f"parse{index}"] = parsers[name]
        lines += [
            f"value = get({name!r}, MISSING)",
            "if value is not MISSING:",
            "  seen += 1",
            f"  if value is None: made[{name!r}] = None",
            "  else:",
            f"   try: made[{name!r}] = parse{index}(value)",
            "   except ValueProblem as fault:",
            f"    faults.append(Fault({name!r}, fault.code, fault.message))",
        ]
    lines += ["if seen != len(row): faults.extend(unknown(row))", "return made, faults"]
    made: Loader = _compiled("load", "row", lines, names)
    return made


def _unknown(
    entity: Entity, known: frozenset[str]
) -> Callable[[Mapping[str, Any]], list[Fault]]:
    def report(row: Mapping[str, Any]) -> list[Fault]:
        return [
            Fault(
                str(name),
                "unknown_field",
                f"{entity.label} takes no field {name!r} here.",
            )
            for name in row
            if name not in known
        ]

    return report


def row_binder(entity: Entity, fields: Sequence[str]) -> Binder:
    """Return the function from stored values to values of columns, by column name.

    All `fields` must be in the mapping it is given.
    """
    pairs: list[str] = []
    names: dict[str, Any] = {}
    spread: list[str] = []
    for index, name in enumerate(_checked(dict.fromkeys(fields))):
        field = entity.field(name)
        kind = types.field_type(field.type)
        columns = _checked(column.name for column in kind.columns(field))
        if len(columns) == 1 and not field.is_lookup:
            pairs.append(f"{columns[0]!r}: row[{name!r}]")
            continue
        names[f"split{index}"] = _splitter(field)
        targets = ", ".join(f"made[{column!r}]" for column in columns)
        comma = "," if len(columns) == 1 else ""
        spread.append(f"{targets}{comma} = split{index}(row[{name!r}])")
    lines = [f"made = {{{', '.join(pairs)}}}", *spread, "return made"]
    made: Binder = _compiled("bind", "row", lines, names)
    return made


def _splitter(field: Field) -> Callable[[Any], tuple[Any, ...]]:
    kind = types.field_type(field.type)
    return lambda value: kind.to_columns(field, value)


def row_reader(entity: Entity, fields: Sequence[str]) -> Binder:
    """Return the function from a row's columns to stored values (a lookup as `Ref`)."""
    pairs: list[str] = []
    names: dict[str, Any] = {}
    for index, name in enumerate(_checked(dict.fromkeys(fields))):
        field = entity.field(name)
        kind = types.field_type(field.type)
        columns = _checked(column.name for column in kind.columns(field))
        if len(columns) == 1 and not field.is_lookup:
            pairs.append(f"{name!r}: row[{columns[0]!r}]")
            continue
        names[f"join{index}"] = _joiner(field)
        values = ", ".join(f"row[{column!r}]" for column in columns)
        pairs.append(f"{name!r}: join{index}(({values},))")
    made: Binder = _compiled("read", "row", [f"return {{{', '.join(pairs)}}}"], names)
    return made


def _joiner(field: Field) -> Callable[[tuple[Any, ...]], Any]:
    kind = types.field_type(field.type)
    return lambda values: kind.from_columns(field, values)


def json_writer(
    entity: Entity,
    columns: Sequence[str],
    keys: Mapping[str, str] | None = None,
    *,
    prefix: str = "",
    first: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType({}),
) -> Writer:
    """Return the function from a row of columns to a mapping that orjson writes.

    `columns` are names of fields, or of further columns of a field (`customerid_type`).
    `keys` renames them in the result: `{"customerid": "_customerid_value"}`. `prefix`
    stands before each of them in the row: `primarycontactid.`. `first` are further
    entries, each made of one column by a function; they come before the others.
    """
    further = {
        column.name: field
        for field in entity.fields.values()
        if field.is_stored
        for column in types.field_type(field.type).columns(field)[1:]
    }
    pairs: list[str] = []
    names: dict[str, Any] = {}
    for index, (key, (column, make)) in enumerate(first.items()):
        names |= {f"first{index}": key, f"make{index}": make}
        pairs.append(f"first{index}: make{index}(row[{prefix + column!r}])")
    for index, name in enumerate(_checked(dict.fromkeys(columns))):
        key = f"key{index}"
        names[key] = (keys or {}).get(name, name)
        field = entity.fields.get(name)
        if field is None and name not in further:
            field = entity.field(name)
        kind = types.field_type(field.type) if field else None
        write = kind.column_json(field) if kind and field else None
        if kind is None or field is None or write is None:
            pairs.append(f"{key}: row[{prefix + name!r}]")
            continue
        names[f"write{index}"] = write
        rest = "".join(
            f", row[{prefix + column.name!r}]" for column in kind.columns(field)[1:]
        )
        pairs.append(
            f"{key}: None if (v := row[{prefix + name!r}]) is None "
            f"else write{index}(v{rest})"
        )
    made: Writer = _compiled("write", "row", [f"return {{{', '.join(pairs)}}}"], names)
    return made
