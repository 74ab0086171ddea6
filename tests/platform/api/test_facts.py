import pytest

from xrm.platform.api import facts
from xrm.platform.errors import Refused

ITEMS = [
    {
        "LogicalName": "account",
        "IsPrivate": False,
        "Code": 1,
        "Level": {"Value": "None"},
    },
    {
        "LogicalName": "contact",
        "IsPrivate": False,
        "Code": 2,
        "Level": {"Value": "Some"},
    },
    {
        "LogicalName": "secret",
        "IsPrivate": True,
        "Code": None,
        "Level": {"Value": "None"},
    },
]

FILTERS = [
    (None, ["account", "contact", "secret"]),
    ("LogicalName eq 'account'", ["account"]),
    ("LogicalName eq 'ACCOUNT'", ["account"]),
    ("LogicalName ne 'account'", ["contact", "secret"]),
    ("IsPrivate eq false and (Code eq 1 or Code eq 2)", ["account", "contact"]),
    ("not (IsPrivate eq true)", ["account", "contact"]),
    ("not IsPrivate eq true and Code eq 2", ["contact"]),
    ("Code eq null", ["secret"]),
    ("contains(LogicalName,'con')", ["contact"]),
    (
        "startswith(LogicalName,'se') or endswith(LogicalName, 'unt')",
        ["account", "secret"],
    ),
    ("Level/Value eq 'None'", ["account", "secret"]),
    ("LogicalName eq 'it''s'", []),
]


@pytest.mark.parametrize(("condition", "names"), FILTERS)
def test_a_filter_keeps_what_fulfils_it(condition: str, names: list[str]) -> None:
    assert [i["LogicalName"] for i in facts.keep(ITEMS, condition)] == names


@pytest.mark.parametrize(
    "condition",
    [
        "LogicalName",
        "LogicalName eq",
        "LogicalName gt 'a'",
        "(LogicalName eq 'a'",
        "LogicalName eq 'a",
        "LogicalName eq 'a' LogicalName",
        "contains(LogicalName)",
        "(" * 80 + "Code eq 1" + ")" * 80,
        "Code eq 1 or " * 1000 + "Code eq 1",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(condition: str) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        facts.keep(ITEMS, condition)


def test_a_selection_keeps_what_it_names() -> None:
    assert facts.select(ITEMS[:1], "Code") == [{"Code": 1}]


def test_an_unknown_selection_suggests_the_nearest_name() -> None:
    with pytest.raises(Refused, match='Did you mean "LogicalName"'):
        facts.select(ITEMS, "LogicalNam")
