"""Know what the help needs of rooms that `ui/` may not import.

`main.py` hands it in: the commands describe themselves, and the packages have codes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xrm.platform.commands.described import Described

HELP_EXTENSION = "xrm.help_desk"


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """The commands of the program, and the codes of problems of packages."""

    commands: Callable[[], Sequence[Described]] = tuple
    package_codes: Mapping[str, str] = field(default_factory=dict)
