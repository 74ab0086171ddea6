"""Functions on conditions and empty values; the checker rewrites most of them."""

from xrm.rule_engine.functions.registry import Function

FUNCTIONS = (
    Function(
        "coalesce(first: same, second: same...) -> same",
        "Gives the first value that is not empty.",
        'coalesce(empty, "b", "c")',
        "b",
    ),
    Function(
        "iif(condition: boolean, then: same, otherwise: same) -> same",
        "Gives one value when the condition is true and another when it is not.",
        'iif(1 < 2, "yes", "no")',
        "yes",
    ),
    Function(
        "switch(condition: boolean, value: same, more: any...) -> same",
        "Gives the value after the first true condition; a single last value is for "
        "all other cases.",
        'switch(1 > 2, "a", 2 > 1, "b", "c")',
        "b",
    ),
    Function(
        "isempty(value: any) -> boolean",
        "Says whether there is no value.",
        "isempty(empty)",
        True,
    ),
    Function(
        "notempty(value: any) -> boolean",
        "Says whether there is a value.",
        "notempty(0)",
        True,
    ),
    Function(
        "istrue(condition: boolean) -> boolean",
        "Says whether a condition is true; unknown counts as false.",
        "istrue(1 = empty + 1)",
        False,
    ),
    Function(
        "isfalse(condition: boolean) -> boolean",
        "Says whether a condition is false; unknown does not count.",
        "isfalse(1 = 2)",
        True,
    ),
    Function(
        "xor(first: boolean, second: boolean) -> boolean",
        "Says whether exactly one of two conditions is true.",
        "xor(true, false)",
        True,
        lambda first, second: first is not second,
        "$1 <> $2",
    ),
    Function(
        "changed(field: field) -> boolean",
        "Says whether this write changes the field.",
        "changed(name)",
        True,
    ),
)
