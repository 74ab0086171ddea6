import pytest

from xrm.platform.api.calls import NotOffered, read_options
from xrm.platform.errors import Refused


@pytest.mark.parametrize(
    "query",
    [
        "$select=name,revenue&$filter=name eq 'x'",
        "%24select=name%2Crevenue&%24filter=name+eq+%27x%27",
        "$select=name,revenue&$filter=name%20eq%20'x'",
    ],
)
def test_every_spelling_of_a_query_string_is_the_same(query: str) -> None:
    assert read_options(query) == {
        "$select": "name,revenue",
        "$filter": "name eq 'x'",
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("$selct=name", r'no option "\$selct". Did you mean "\$select"'),
        ("filter=name", r"Write \$filter"),
        ("$top=1&$top=2", "given twice"),
        ("$filter=%FF", "not UTF-8"),
        ("&".join(f"a{n}=1" for n in range(100)), "more than 64"),
        ("$filter=a%00b", "NUL"),
    ],
)
def test_an_option_that_is_none_is_refused(query: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        read_options(query)


@pytest.mark.parametrize(
    "name", ["$skip", "$search", "$apply", "sql", "fetchXml", "fetchxml"]
)
def test_what_is_not_offered_says_what_to_do(name: str) -> None:
    with pytest.raises(NotOffered, match="not offered"):
        read_options(f"{name}=1")


def test_options_of_other_systems_are_ignored() -> None:
    assert read_options("tag=1&@p1='x'") == {"tag": "1", "@p1": "'x'"}
