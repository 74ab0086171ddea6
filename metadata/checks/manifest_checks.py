"""Know whether a manifest is sound: what it requires is there, in the right version."""

from xrm.metadata import manifests
from xrm.metadata.checks.context import Context
from xrm.metadata.versions import satisfies


def check(context: Context) -> None:
    """Check a document of kind `solution`."""
    manifest = manifests.from_document(context.document.data)
    for name, condition in manifest.requires.items():
        path = ("requires", name)
        if name == manifest.name:
            context.report(
                "M003", "The solution requires itself.", path, "Leave it out.", key=True
            )
            continue
        found = context.catalog.solutions.get(name)
        if found is None:
            known = context.catalog.solutions
            context.unknown("M001", "solution", name, path, known)
        elif not satisfies(found.version, condition):
            context.report(
                "M002",
                f"It requires {name} {condition}; installed is {found.version}.",
                path,
                f"Install a version of {name} that fits, or change the condition.",
            )
        elif manifest.name in found.requires:
            context.report(
                "M003",
                f"{manifest.name} and {name} require each other.",
                path,
                "Only one may require the other.",
            )
