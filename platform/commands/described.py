"""Know how the commands describe themselves: the help page is made of this.

Pure: of click's own objects. Nothing is run.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it is typed, and what it is for."""

    written: str
    help: str


@dataclass(frozen=True, slots=True)
class Described:
    """One command: `xrm solution plan`, how it is called, what it does."""

    name: str
    usage: str
    text: str
    options: tuple[Option, ...]
    is_group: bool


def described(command: click.Command, name: str = "xrm") -> Iterator[Described]:
    """Give a command and, in the order of their names, all below it."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    options = tuple(
        Option(*record)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option)
        and "--help" not in parameter.opts
        and (record := parameter.get_help_record(context)) is not None
    )
    below: dict[str, click.Command] = getattr(command, "commands", {})
    yield Described(name, usage, text, options, isinstance(command, click.Group))
    for one in sorted(below):
        yield from described(below[one], f"{name} {one}")
