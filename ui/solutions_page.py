"""Know the solutions pages: what is installed, and what a plan would do.

Pure: of installed solutions, publishes, and a plan with its counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes.operation import Operation
from xrm.platform.database.publish import Prepared
from xrm.platform.database.publish_history import Published
from xrm.platform.database.solution_store import InstalledSolution
from xrm.rule_engine.problems import Problem
from xrm.ui.reading import Reader, ago, exact_moment, plural
from xrm.ui.solutions_desk import SolutionPlan

MARKS = {"+": ("green", "add"), "~": ("blue", "change"), "-": ("red", "remove")}
MOST_LINES = 400
"""Lines of one plan that a page shows; groups with more are cut and say so."""
CORE = "core"


@dataclass(frozen=True, slots=True)
class SolutionRow:
    """One installed solution."""

    name: str
    label: str
    description: str
    version: str
    when: str
    exact: str
    remove: str
    samples: str = ""
    """The address that asks about its sample records, where it brings some."""


@dataclass(frozen=True, slots=True)
class PublishRow:
    """One publish."""

    version: int
    summary: str
    who: str
    when: str
    exact: str
    lines: tuple[str, ...]
    more: int
    undone: bool


@dataclass(frozen=True, slots=True)
class SolutionsPage:
    """The list of solutions."""

    rows: tuple[SolutionRow, ...]
    publishes: tuple[PublishRow, ...]
    undo: str
    """What the undo button would undo; empty when there is nothing."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One operation of a plan."""

    symbol: str
    hue: str
    word: str
    kind: str
    subject: str
    change: str
    records: str
    effect: str
    loses: bool


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Operations about one thing."""

    label: str
    count: int
    lines: tuple[PlanLine, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem of a package: where, what, how to mend it."""

    where: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """What a plan would do, and the button that does it."""

    title: str
    name: str
    adds: int
    changes: int
    removes: int
    lose: int
    groups: tuple[PlanGroup, ...]
    problems: tuple[Trouble, ...]
    warnings: tuple[Trouble, ...]
    blocks: tuple[str, ...]
    count: int
    digest: str
    mark: str
    uninstall: str
    command: str

    @property
    def can_apply(self) -> bool:
        """Say whether nothing stands in the way."""
        return not self.problems and not self.blocks


def build(
    catalog: Catalog,
    installed: Sequence[InstalledSolution],
    publishes: Sequence[Published],
    reader: Reader,
    has_samples: Callable[[str, str], bool] = lambda name, version: False,
) -> SolutionsPage:
    """Return the list of solutions."""
    rows = []
    for one in installed:
        manifest = catalog.solutions.get(one.name)
        rows.append(
            SolutionRow(
                name=one.name,
                label=manifest.label if manifest else one.name,
                description=getattr(manifest, "description", "") or "",
                version=one.version,
                when=ago(one.installed_on, reader),
                exact=exact_moment(one.installed_on, reader),
                remove="" if one.name == CORE else f"/solutions/uninstall/{one.name}",
                samples=f"/solutions/samples/{one.name}"
                if has_samples(one.name, one.version)
                else "",
            )
        )
    last = next(
        (p for p in publishes if p.undone_by is None and p.undoes is None), None
    )
    return SolutionsPage(
        rows=tuple(rows),
        publishes=tuple(_publish(p, reader) for p in publishes[:10]),
        undo=last.summary or f"publish {last.version}" if last else "",
    )


def _publish(one: Published, reader: Reader) -> PublishRow:
    return PublishRow(
        version=one.version,
        summary=one.summary or f"Publish {one.version}",
        who=one.actor_name or "The system",
        when=ago(one.at, reader),
        exact=exact_moment(one.at, reader),
        lines=one.lines[:40],
        more=max(0, len(one.lines) - 40),
        undone=one.undone_by is not None,
    )


def plan_page(plan: SolutionPlan, *, mark: str = "", uninstall: str = "") -> PlanPage:
    """Return the page of a plan."""
    prepared = plan.prepared
    inner = prepared.plan if prepared is not None else None
    shown = inner.shown if inner is not None else ()
    counts = {s: sum(1 for o in shown if o.symbol == s) for s in MARKS}
    lose = (
        sum(i.count for i in prepared.impacts if i.kind in LOSSES)
        if prepared is not None
        else 0
    )
    return PlanPage(
        title=plan_title(plan),
        name=plan.name,
        adds=counts["+"],
        changes=counts["~"],
        removes=counts["-"],
        lose=lose,
        groups=groups_of(prepared) if prepared is not None else (),
        problems=tuple(map(trouble, plan.errors)),
        warnings=tuple(map(trouble, plan.warnings)),
        blocks=tuple(f"{i.entity}: {i.sentence}" for i in prepared.blocks)
        if prepared
        else (),
        count=len(shown),
        digest=inner.digest if inner else "",
        mark=mark,
        uninstall=uninstall,
        command=f"xrm solution uninstall {plan.name}"
        if uninstall
        else f"xrm solution apply {plan.name}.zip",
    )


LOSSES = frozenset(
    {"records lost", "values lost", "cut", "not convertible", "links cut"}
)


def plan_title(plan: SolutionPlan) -> str:
    """Return what is planned."""
    label = plan.label or plan.name
    if plan.action == "uninstall":
        return f"Remove {label} {plan.installed_version or ''}".strip()
    if plan.installed_version and plan.installed_version != plan.version:
        return f"Plan: {label} {plan.installed_version} → {plan.version}"
    return f"Plan: {label} {plan.version}".strip()


def groups_of(prepared: Prepared) -> tuple[PlanGroup, ...]:
    """Return the operations of a plan under the entity or kind they are about."""
    found: dict[str, list[Operation]] = {}
    for operation in prepared.plan.shown:
        place, _ = operation.place
        found.setdefault(place or f"{operation.kind.capitalize()}s", []).append(
            operation
        )
    left = MOST_LINES
    made = []
    entities = prepared.new.entities.keys() | prepared.old.entities.keys()
    for label, operations in sorted(
        found.items(), key=lambda pair: (pair[0] not in entities, pair[0])
    ):
        lines = tuple(_line(prepared, o) for o in operations[:left])
        left -= len(lines)
        is_large = len(operations) > 12 and len(found) > 3
        loses = any(line.loses for line in lines)
        made.append(PlanGroup(label, len(operations), lines, loses or not is_large))
    return tuple(made)


EFFECTS = {"+": "New, empty", "~": "Nothing is lost", "-": "No record has a value"}
HOLDING = frozenset({"entity", "field", "relationship"})
"""Kinds of operations that are about tables with records."""


def _line(prepared: Prepared, operation: Operation) -> PlanLine:
    impacts = [i for i in prepared.impacts if (i.entity, i.field) == operation.place]
    records = sum(i.count for i in impacts)
    effect = "; ".join(i.sentence for i in impacts)
    hue, word = MARKS[operation.symbol]
    if not effect:
        holds = operation.kind in HOLDING
        effect = EFFECTS[operation.symbol] if holds else "No record changes"
    return PlanLine(
        symbol="−" if operation.symbol == "-" else operation.symbol,
        hue=hue,
        word=word,
        kind=operation.kind,
        subject=operation.subject,
        change=operation.detail,
        records=f"{records:,}" if impacts else "–",
        effect=effect,
        loses=bool(impacts) and operation.loses_data,
    )


def trouble(problem: Problem) -> Trouble:
    """Return a problem as a page shows it."""
    return Trouble(
        where=str(problem.where) if problem.where else "",
        code=problem.code,
        message=problem.message,
        hint=problem.hint or "",
    )


def done_words(plan: SolutionPlan) -> str:
    """Return what was done."""
    label = plan.label or plan.name
    count = len(plan.prepared.plan.shown) if plan.prepared else 0
    deed = {
        "install": "is installed",
        "upgrade": "is upgraded",
        "downgrade": "is brought back to an older version",
        "uninstall": "is removed",
    }.get(str(plan.action), "is applied")
    version = f" {plan.version}" if plan.version else ""
    return f"{label}{version} {deed}: {plural(count, 'change', 'changes')}."
