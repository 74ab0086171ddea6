"""Every form of the language, with a sentence and an example: the help is made of it.

`FORMS` covers the grammar: a test finds each alternative of a trigger, statement and
expression here, parses each example, and asks the checker whether it runs already.
"""

from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["trigger", "statement", "expression"]


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its name in the grammar, how it is written, what it means.

    `example` is a whole expression or statement; for a trigger it is the trigger.
    """

    name: str
    part: Part
    written: str
    sentence: str
    example: str
    is_available: bool = True


def _later(name: str, part: Part, written: str, sentence: str, example: str) -> Form:
    return Form(name, part, written, sentence, example, is_available=False)


TRIGGERS: Final = (
    Form(
        "before",
        "trigger",
        "before EVENTS",
        "Runs before the record is written, in the same transaction; it may set fields "
        "and refuse. Events are create, update, delete, assign, and change of fields.",
        "before create, change of price",
    ),
    Form(
        "after",
        "trigger",
        "after EVENTS",
        "Runs after the record is written, in the same transaction; it may refuse, but "
        "set nothing of the record.",
        "after update",
    ),
    _later(
        "later",
        "trigger",
        "later EVENTS",
        "Runs soon after the transaction, in the background.",
        "later create",
    ),
    _later(
        "on_schedule",
        "trigger",
        "every TIME for each ENTITY where CONDITION",
        "Runs at its times, once for each record that fits.",
        "every day at 8:00",
    ),
    _later("on_form", "trigger", "form", "Tells how the form behaves.", "form"),
    _later(
        "on_request",
        "trigger",
        "on request NAME",
        "Runs when somebody calls it by its name.",
        'on request "Close"',
    ),
)

STATEMENTS: Final = (
    Form(
        "set",
        "statement",
        "set FIELD = VALUE",
        "Gives a field of the record a value; `empty` takes it away.",
        "set closedon = today()",
    ),
    Form(
        "reject",
        "statement",
        "reject MESSAGE on FIELD",
        "Refuses the write with a message, shown at the field when one is named.",
        'reject "The end comes before the start." on endson',
    ),
    Form(
        "require",
        "statement",
        "require CONDITION else MESSAGE on FIELD",
        "Refuses the write when the condition is false. An unknown condition, as with "
        "an empty field, refuses nothing: write `coalesce(price, 0) > 0`.",
        'require price >= 0 else "A price is not negative." on price',
    ),
    Form(
        "warn",
        "statement",
        "warn MESSAGE on FIELD",
        "Shows a message and lets the write go on.",
        'warn "That is a high discount." on discount',
    ),
    Form(
        "if_",
        "statement",
        "if CONDITION then … elseif CONDITION then … else … end",
        "Runs the statements below the first condition that is true.",
        'if price > 1000 then warn "Expensive." else set note = "cheap" end',
    ),
    _later(
        "let", "statement", "let NAME = VALUE", "Names a value.", "let a = price * 2"
    ),
    _later(
        "create",
        "statement",
        "create ENTITY from RECORD with FIELD = VALUE, …",
        "Makes a record.",
        'create task with subject = "Call"',
    ),
    _later(
        "update",
        "statement",
        "update RECORD with FIELD = VALUE, …",
        "Changes another record.",
        "update parentid with note = note",
    ),
    _later(
        "delete", "statement", "delete RECORD", "Deletes a record.", "delete parentid"
    ),
    _later(
        "assign",
        "statement",
        "assign RECORD to OWNER",
        "Gives a record another owner.",
        "assign this to createdby",
    ),
    _later(
        "share",
        "statement",
        "share RECORD with PERSON for VERBS",
        "Lets somebody else use a record.",
        "share this with createdby for read, write",
    ),
    _later(
        "link",
        "statement",
        "link RECORD with RECORD through RELATIONSHIP",
        "Joins two records.",
        "link this with parentid through pairs",
    ),
    _later(
        "unlink",
        "statement",
        "unlink RECORD from RECORD through RELATIONSHIP",
        "Parts two records.",
        "unlink this from parentid through pairs",
    ),
    _later(
        "make",
        "statement",
        "make FIELDS required, optional, visible, hidden, locked or unlocked",
        "Changes how fields behave on the form.",
        "make price required",
    ),
    _later(
        "options",
        "statement",
        "options of FIELD where CONDITION",
        "Narrows what may be chosen.",
        "options of kind where value < 3",
    ),
    _later(
        "for_each",
        "statement",
        "for each NAME in COLLECTION where … order by … limit … do … end",
        "Runs statements for each related record.",
        "for each line in lines do stop end",
    ),
    _later(
        "call", "statement", "call NAME(INPUTS)", "Calls an action.", "call Close()"
    ),
    _later(
        "send_email",
        "statement",
        "send email TEMPLATE to PERSON with VALUES",
        "Sends a mail.",
        'send email "welcome" to createdby',
    ),
    _later(
        "notify",
        "statement",
        "notify PERSON with MESSAGE",
        "Tells somebody.",
        'notify createdby with "Done."',
    ),
    _later(
        "post",
        "statement",
        "post VALUES to ADDRESS",
        "Sends values to another system.",
        'post amount = price to "orders"',
    ),
    _later(
        "ask",
        "statement",
        "ask PERSON to approve QUESTION within TIME",
        "Waits for an answer.",
        'ask createdby to approve "Is it right?"',
    ),
    _later(
        "wait_for_time", "statement", "wait DURATION", "Waits a while.", "wait 3 days"
    ),
    _later(
        "wait_until",
        "statement",
        "wait until MOMENT",
        "Waits until a moment.",
        "wait until now() + 2 days",
    ),
    _later(
        "wait_for_condition",
        "statement",
        "wait for CONDITION within TIME",
        "Waits until something is true.",
        "wait for price > 3",
    ),
    _later(
        "return_",
        "statement",
        "return VALUES",
        "Gives results back.",
        "return a = price",
    ),
    _later("stop", "statement", "stop", "Ends the run.", "stop"),
)


def _expression(name: str, written: str, sentence: str, example: str) -> Form:
    return Form(name, "expression", written, sentence, example)


EXPRESSIONS: Final = (
    _expression(
        "disjunction", "A or B", "True when one of the two is.", "price > 9 or kind = 1"
    ),
    _expression(
        "conjunction", "A and B", "True when both are.", "price > 9 and kind = 1"
    ),
    _expression(
        "negate", "not A", "True when the condition is false.", "not price > 9"
    ),
    _expression(
        "choose",
        "if CONDITION then A else B",
        "The first value when the condition is true, else the second.",
        "if price > 9 then 1 else 2",
    ),
    _expression(
        "compare",
        "= != < <= > >=",
        "Compares two values; texts whatever their case. With an empty side the answer "
        "is unknown, which fires nothing and matches nothing.",
        "price >= 9.5",
    ),
    _expression(
        "is_empty", "A is empty", "True when there is no value.", "price is empty"
    ),
    _expression(
        "is_not_empty",
        "A is not empty",
        "True when there is a value.",
        "price is not empty",
    ),
    _expression(
        "is_in", "A in (B, C)", "True when it is one of these.", "kind in (1, 2)"
    ),
    _expression(
        "is_not_in",
        "A not in (B, C)",
        "True when it is none of these.",
        "kind not in (1, 2)",
    ),
    _expression(
        "between",
        "A between B and C",
        "True from the first to the last, both included.",
        "price between 1 and 9",
    ),
    _expression(
        "contains",
        "A contains B",
        "True when a text holds the other, whatever the case.",
        'name contains "ltd"',
    ),
    _expression(
        "starts_with",
        "A starts with B",
        "True when a text begins so.",
        'name starts with "A"',
    ),
    _expression(
        "ends_with", "A ends with B", "True when a text ends so.", 'name ends with "z"'
    ),
    _expression(
        "sum",
        "A + B, A - B",
        "Adds and subtracts numbers, joins texts, shifts dates by durations, and gives "
        "the time between two dates.",
        "today() + 30 days",
    ),
    _expression(
        "product",
        "A * B, A / B",
        "Multiplies and divides; a division by zero is empty.",
        "price * 2 / 3",
    ),
    _expression("minus", "- A", "The number with the other sign.", "-price"),
    _expression(
        "duration",
        "3 days",
        "A length of time: minutes, hours, days, weeks, months, years.",
        "3 days",
    ),
    _expression("integer", "42", "A whole number.", "42"),
    _expression("number", "1.5", "A number with decimals; always exact.", "1.5"),
    _expression(
        "text",
        '"text"',
        "A text; `\\n` is a new line and a backslash goes before a quote.",
        '"Good morning"',
    ),
    _expression("true", "true", "Yes.", "true"),
    _expression("false", "false", "No.", "false"),
    _expression("empty", "empty", "No value; only to be set or tested.", "empty"),
    _expression(
        "path",
        "field, lookup.field, old.field, this, parent.field",
        "A field of the record, of a record it looks up, or as it was before the "
        "write. Inside a collection `parent` is the outer record.",
        "parentid.name",
    ),
    _expression(
        "function", "name(A, B)", "Calls a function of the table.", 'upper("a")'
    ),
    _expression(
        "aggregate",
        "count(COLLECTION where CONDITION), sum(COLLECTION.FIELD where CONDITION)",
        "Counts or adds up related records: count, sum, avg, min, max, exists.",
        "count(lines where price > 1)",
    ),
    _expression(
        "aggregate_of",
        "sum(EXPRESSION of COLLECTION where CONDITION)",
        "Adds up an expression over related records.",
        "sum(price * 2 of lines)",
    ),
)

FORMS: Final = (*TRIGGERS, *STATEMENTS, *EXPRESSIONS)
