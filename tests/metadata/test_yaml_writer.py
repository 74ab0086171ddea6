"""What is written reads back as the same, looks tidy, and is always the same text."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.metadata.worlds import BASE
from xrm.metadata.yaml_documents import load_yaml
from xrm.metadata.yaml_writer import write_yaml

ODD = ["no", "null", "~", "", "017", "1e3", "a: b", "- x", "#", "a #b", '"q"', "it's",
       "a\nb", "a\nb\n", "\n", "\na", " a\nb", "a\n\n", " ", "x:", "[a]", "{", "a, b",
       "true", ".inf", "0x1f", "---", "...", "1_000", "12:30", "=", "<<", "%a", "@a",
       "`a", "|", ">", "!a", "&a", "*a", "?", "? a", "a\n  b\n c", "é", "日本",
       "a\u2028b", "\x85", "a  ", "  a", "a\n \nb", "\ufeff", "\x7f",
       "9" * 45]  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
KEYS = TEXTS.filter(lambda text: "\n" not in text)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, DATA, max_size=5))
def test_what_is_written_reads_back(data: dict[str, Any]) -> None:
    text = write_yaml(data)
    node = load_yaml(text)
    assert node.problems == ()
    assert node.data == data
    assert write_yaml(node.data) == text


def test_it_looks_as_a_person_writes_it() -> None:
    text = """\
kind: entity
name: opportunity
description: A sale that may happen.
fields:
  name: {type: text, label: Topic, required: true, max_length: 300}
  customerid:
    type: lookup
    label: Customer
    to: [account, contact]
    required: recommended
    on_delete: remove_link
  open_tasks: {type: integer, rollup: count(tasks where statecode = "Open")}
  rated: {type: choice, choices: ["1", '"b"', "yes: no"]}
states:
  - value: 0
    name: Open
    reasons: [{value: 1, label: In Progress, default: true}, {value: 2, label: On Hold}]
empty: {}
none: []
rule: |
  before change of statecode
    when x
last: |-
  a
  b
"""
    assert write_yaml(load_yaml(text).data) == text


def test_every_document_of_the_small_world_is_written_and_read() -> None:
    for text in BASE.values():
        data = load_yaml(text).data
        assert load_yaml(write_yaml(data)).data == data
