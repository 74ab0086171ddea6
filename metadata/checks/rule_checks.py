"""Know whether a rule is sound; the rule engine says it, with places in the file."""

from xrm.metadata import rules
from xrm.metadata.checks.context import Context
from xrm.rule_engine import RuleError, check_rule


def check(context: Context) -> None:
    """Check a document of kind `rule`."""
    rule = rules.from_document(context.document.data)
    if context.entity(rule.entity, ("entity",)) is None:
        return
    place = context.document.text_place(("rule",))
    try:
        check_rule(rule.text, context.scope, rule.entity, **place)
    except RuleError as error:
        context.problems.extend(error.problems)
