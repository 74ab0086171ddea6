"""Know what a choice list is: options with a stored number, a label and a hue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from xrm.metadata.definitions import frozen, words_of


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice: `value` is stored, `label` is shown and used in rules."""

    value: int
    label: str
    color: str | None = None
    description: str = ""
    external_value: str | None = None


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A list of options shared by fields (kind `choice`) or local to one field."""

    name: str
    options: tuple[Option, ...]
    label: str = ""
    description: str = ""
    by_value: Mapping[int, Option] = field(default_factory=dict, compare=False)
    by_label: Mapping[str, Option] = field(default_factory=dict, compare=False)

    def label_of(self, value: int | None) -> str | None:
        """Return the label of a stored value, `None` for none or an unknown one."""
        option = self.by_value.get(value) if value is not None else None
        return option.label if option else None

    def find(self, label: str) -> Option | None:
        """Return the option of this label, whatever its case."""
        return self.by_label.get(label.casefold())


def options_from(data: Sequence[Any]) -> tuple[Option, ...]:
    """Read options: mappings with `value` and `label`, or labels numbered from 1."""
    made = []
    for index, item in enumerate(data, start=1):
        if isinstance(item, Mapping):
            made.append(
                Option(
                    value=item.get("value", index),
                    label=str(item["label"]),
                    color=item.get("color"),
                    description=item.get("description", ""),
                    external_value=item.get("external_value"),
                )
            )
        else:
            made.append(Option(value=index, label=str(item)))
    return tuple(made)


def choice_list(
    name: str, options: tuple[Option, ...], label: str = "", description: str = ""
) -> ChoiceList:
    """Make a choice list with its two indexes."""
    return ChoiceList(
        name=name,
        options=options,
        label=label or words_of(name),
        description=description,
        by_value=MappingProxyType({option.value: option for option in options}),
        by_label=frozen({option.label.casefold(): option for option in options}),
    )


def from_document(data: Mapping[str, Any]) -> ChoiceList:
    """Read a document of kind `choice`."""
    return choice_list(
        data["name"],
        options_from(data["options"]),
        data.get("label", ""),
        data.get("description", ""),
    )
