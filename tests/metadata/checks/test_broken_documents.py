"""Every broken document of the corpus is answered by exactly the written problems.

A case is a title after `###`, a document, and its problems after `=>`. The files are in
`tests/data/broken/`; the document of a case is called after its file.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.metadata.worlds import base_catalog, base_documents, problems_of
from xrm.metadata.checks import CODES, check
from xrm.rule_engine import Problem, Severity
from xrm.rule_engine.codes import CODES as RULE_CODES

FOLDER = Path(__file__).parents[2] / "data" / "broken"


def cases() -> Iterator[tuple[str, str, str, list[str]]]:
    """Give file, title, document and problems of every case."""
    for path in sorted(FOLDER.glob("*.txt")):
        for part in path.read_text("utf-8").split("### ")[1:]:
            title, *lines = part.split("\n")
            first = next(i for i, line in enumerate(lines) if line.startswith("=>"))
            document = "\n".join(lines[:first]) + "\n"
            problems = [line[3:] for line in lines[first:] if line.startswith("=>")]
            yield f"{path.stem}.yaml", title, document, problems


CASES = list(cases())


def said(problem: Problem) -> str:
    warning = "warning " if problem.severity is Severity.WARNING else ""
    return f"{warning}{problem}"


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 120


def test_the_world_around_the_broken_documents_is_sound() -> None:
    assert check(base_catalog(), base_documents()) == []


@pytest.mark.parametrize(
    ("file", "document", "expected"),
    [pytest.param(f, d, p, id=f"{f}: {t}") for f, t, d, p in CASES],
)
def test_a_broken_document_is_answered_exactly(
    file: str, document: str, expected: list[str]
) -> None:
    assert [said(problem) for problem in problems_of(document, file)] == expected


def test_every_code_is_described() -> None:
    used = {
        line.split()[line.startswith("warning") + 1]
        for *_, problems in CASES
        for line in problems
    }
    assert used - CODES.keys() - RULE_CODES.keys() == set()


def test_every_code_of_metadata_is_met_by_a_broken_document() -> None:
    met = {
        line.split()[line.startswith("warning") + 1] for *_, p in CASES for line in p
    }
    elsewhere = {
        "D001", "D002", "D005", "D006", "D014",  # sizes, bytes, JSON: test_hostile.py
        "E011", "E014", "G001",  # 800 fields, several documents: test_check.py
        "O006",
    }  # fmt: skip
    assert CODES.keys() - met - elsewhere == set()


def test_codes_of_metadata_and_of_rules_are_different() -> None:
    assert CODES.keys() & RULE_CODES.keys() == set()
