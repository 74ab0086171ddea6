"""Know the field type `autonumber`: a number that the platform gives."""

from collections.abc import Iterator

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import OptionFault, Widget
from xrm.metadata.fields.number_format import FormatProblem, parse_format
from xrm.metadata.fields.text import TextType

DEFAULT_FORMAT = "{SEQNUM:5}"


def format_of(field: Field) -> str:
    """Return the number format of an autonumber field."""
    return str(field.options.get("format", DEFAULT_FORMAT))


def seed_of(field: Field) -> int:
    """Return the first number of the sequence."""
    seed = field.options.get("seed", 1000)
    return seed if isinstance(seed, int) else 1000


class AutoNumberType(TextType):
    """A text made by the platform when a record is created; a given one is kept."""

    name = "autonumber"
    summary = "A number that the platform gives to each new record."
    example = {
        "type": "autonumber",
        "label": "Number",
        "format": "OPP-{SEQNUM:5}-{RANDSTRING:4}-{DATETIMEUTC:yyyyMM}",
    }
    options = {
        "format": {
            "description": "Text with {SEQNUM:n}, {RANDSTRING:n}, "
            "{DATETIMEUTC:yyyyMM}; exactly one SEQNUM.",
            "type": "string",
            "maxLength": 200,
        },
        "seed": {
            "description": "The first number of the sequence (1000 when left out).",
            "type": "integer",
            "minimum": 0,
        },
        "max_length": {
            "description": "Characters allowed: 1 to 4000 (100 when left out).",
            "type": "integer",
            "minimum": 1,
            "maximum": 4000,
        },
    }
    can_default = False

    def widget(self, field: Field) -> Widget:
        return Widget("text", {**super().widget(field).attributes, "readonly": ""})

    def check_options(self, field: Field) -> Iterator[OptionFault]:
        try:
            parse_format(format_of(field))
        except FormatProblem as fault:
            yield OptionFault(
                "format",
                f'Field {field.name} has the number format "{format_of(field)}". '
                f"{fault}",
                'Write something like "OPP-{SEQNUM:5}".',
            )
