"""One typed expression language: parse, check, run in Python, compile to SQL."""

from xrm.rule_engine.parser import parse_expression, parse_rule
from xrm.rule_engine.problems import Problem, RuleError, Severity, Where, did_you_mean
from xrm.rule_engine.scope import CollectionFacts, FieldFacts, Scope

__all__ = [
    "CollectionFacts",
    "FieldFacts",
    "Problem",
    "RuleError",
    "Scope",
    "Severity",
    "Where",
    "did_you_mean",
    "parse_expression",
    "parse_rule",
]
