"""One typed expression language: parse, check, run in Python, compile to SQL.

The SQL half stands apart: `xrm.rule_engine.to_sql` and `xrm.rule_engine.sql_support`.
"""

from xrm.rule_engine.budget import Budget, BudgetExceeded
from xrm.rule_engine.checker import check_expression
from xrm.rule_engine.evaluate import (
    CompiledRule,
    Env,
    compile_condition,
    compile_python,
    compile_rule,
)
from xrm.rule_engine.parser import parse_expression, parse_rule
from xrm.rule_engine.problems import Problem, RuleError, Severity, Where, did_you_mean
from xrm.rule_engine.rule_checker import check_rule
from xrm.rule_engine.scope import CollectionFacts, FieldFacts, Scope
from xrm.rule_engine.typed import TypedExpression, TypedRule

__all__ = [
    "Budget", "BudgetExceeded", "CollectionFacts", "CompiledRule", "Env", "FieldFacts",
    "Problem", "RuleError", "Scope", "Severity", "TypedExpression", "TypedRule",
    "Where", "check_expression", "check_rule", "compile_condition", "compile_python",
    "compile_rule", "did_you_mean", "parse_expression", "parse_rule",
]  # fmt: skip
