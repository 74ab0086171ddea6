"""Know what is installed: the layers in their order, and the packages as they came."""

from xrm.platform.database import solution_store
from xrm.platform.database.engine import Database
from xrm.platform.database.solution_store import Installation, InstalledSolution
from xrm.platform.errors import NotFound
from xrm.rule_engine.problems import did_you_mean
from xrm.solutions.archives import read_archive
from xrm.solutions.layers import LOCAL, Layer
from xrm.solutions.source import Source


def installed_layers(found: Installation) -> list[Layer]:
    """Return the layers from below to above; the organisation's own comes last."""
    names = [solution.name for solution in found.solutions]
    return [
        Layer(name, tuple(found.layers.get(name, ())))
        for name in [*names, LOCAL]
        if name in found.layers
    ]


def find_installed(found: Installation, name: str) -> InstalledSolution:
    """Return an installed solution by name.

    Raises:
        NotFound: it is not installed.
    """
    solution = found.find(name)
    if solution is not None:
        return solution
    names = [solution.name for solution in found.solutions]
    hint = did_you_mean(name, names) or f"Installed: {', '.join(names) or 'nothing'}."
    raise NotFound(f'The solution "{name}" is not installed. {hint}')


def package_of(database: Database, solution: InstalledSolution) -> Source | None:
    """Return an installed package as it came; `None` when its files were not kept."""
    content = solution_store.kept_package(database, solution)
    if content is None:
        return None
    return Source(solution.name, read_archive(content, f"{solution.name}.zip").files)
