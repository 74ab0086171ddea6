"""Know which names a file of a package may have.

A name is relative, has slashes, and means the same file on every system: no drive, no
`..`, no reserved word, no two names that differ in case only.
"""

import re
import unicodedata

from xrm.rule_engine.problems import Problem, Where

LONGEST = 400
LONGEST_STEP = 120
DEEPEST = 12
ALLOWED = frozenset(
    [
        *("yaml", "yml", "json", "csv", "tsv", "md", "txt", "html"),
        *("svg", "png", "jpg", "jpeg", "gif", "webp", "docx", "xlsx"),
    ]
)
"""What the names of a package's files may end in: data, texts, templates, pictures."""
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{word}{sign}" for word in ("com", "lpt") for sign in "123456789¹²³"]
)
_STRANGE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\\]")
_DRIVE = re.compile(r"[A-Za-z]:")


class NameChecker:
    """Checks the names of one package, one after the other; `problems` grows."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.problems: list[Problem] = []
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def check(self, name: str, *, is_folder: bool = False) -> bool:
        """Say whether a name may be used; if not, `problems` has the reason."""
        fault = fault_of(name, is_folder=is_folder) or self._collision(name, is_folder)
        if fault is None:
            return True
        message, hint = fault
        quoted = "".join(c if c.isprintable() else "\ufffd" for c in name[:80])
        self.problems.append(
            Problem("S002", f'"{quoted}" {message}', Where(self.place, 1, 1), hint)
        )
        return False

    def _collision(self, name: str, is_folder: bool) -> tuple[str, str] | None:
        folded = folded_name(name.rstrip("/"))
        steps = folded.split("/")
        parents = ["/".join(steps[:n]) for n in range(1, len(steps))]
        own = name.rstrip("/").split("/")
        for depth, parent in enumerate(parents, 1):
            spelled = "/".join(own[:depth])
            if parent in self._files:
                return _same(self._files[parent])
            if self._folders.setdefault(parent, spelled) != spelled:
                return _same(self._folders[parent])
        if is_folder:
            spelled = name.rstrip("/")
            if folded in self._files or (
                self._folders.setdefault(folded, spelled) != spelled
            ):
                return _same(self._files.get(folded) or self._folders[folded])
            return None
        if folded in self._files or folded in self._folders:
            return _same(self._files.get(folded) or self._folders[folded])
        self._files[folded] = name
        return None


def _same(other: str) -> tuple[str, str]:
    return (
        f'is the same as "{other[:80]}" on some systems.',
        "Names must differ in more than capitals and accents; name each file once.",
    )


def folded_name(name: str) -> str:
    """Return a name without what some file systems do not tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def fault_of(name: str, *, is_folder: bool = False) -> tuple[str, str] | None:
    """Return what is wrong with a name, and the remedy; `None` when it may be used."""
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return "is an absolute path.", "Use paths from the top of the package."
    if _STRANGE.search(name):
        return (
            "has a character that is not allowed in a file name.",
            "Use letters, digits, - _ . and / only.",
        )
    if unicodedata.normalize("NFC", name) != name:
        return "is not in normal form (NFC).", "Write accents as one character."
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters.", "Use shorter names."
    steps = name.rstrip("/").split("/") if is_folder else name.split("/")
    if len(steps) > DEEPEST:
        return f"lies deeper than {DEEPEST} folders.", "Use fewer folders."
    for step in steps:
        fault = _fault_of_step(step)
        if fault:
            return fault
    ending = steps[-1].rpartition(".")[2].lower()
    if not is_folder and ("." not in steps[-1] or ending not in ALLOWED):
        return (
            "is of a kind that a package may not have.",
            f"A package holds data, no programs: {', '.join(sorted(ALLOWED))}.",
        )
    return None


def _fault_of_step(step: str) -> tuple[str, str] | None:
    if step in ("", ".", ".."):
        return (
            'has an empty step, "." or "..".',
            "Write the plain path from the top of the package.",
        )
    if step.endswith((".", " ")) or step.startswith(" "):
        return "begins or ends with a space or a full stop.", "Remove it."
    if len(step) > LONGEST_STEP:
        return f"has a step longer than {LONGEST_STEP} characters.", "Shorten it."
    if step.split(".")[0].rstrip(" ").lower() in RESERVED:
        return "has a name that some systems reserve.", "Choose another name."
    return None
