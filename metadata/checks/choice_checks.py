"""Know whether a choice list is sound: no number and no label twice."""

from collections.abc import Iterable

from xrm.metadata.checks.context import Context
from xrm.metadata.choices import Option, options_from
from xrm.metadata.documents import Path


def check(context: Context) -> None:
    """Check a document of kind `choice`."""
    check_options(context, options_from(context.document.data["options"]), ("options",))


def check_options(context: Context, options: Iterable[Option], path: Path) -> None:
    """Report numbers and labels that stand twice."""
    numbers: dict[int, str] = {}
    labels: dict[str, str] = {}
    for index, option in enumerate(options):
        if option.value in numbers:
            context.report(
                "F009",
                f'"{option.label}" has the number {option.value} of '
                f'"{numbers[option.value]}".',
                (*path, index, "value"),
                "Give it another number.",
            )
        if option.label.casefold() in labels:
            context.report(
                "F009",
                f'There are two options "{option.label}".',
                (*path, index, "label"),
                "Rules and imports find an option by its label: give it another one.",
            )
        numbers.setdefault(option.value, option.label)
        labels.setdefault(option.label.casefold(), option.label)
