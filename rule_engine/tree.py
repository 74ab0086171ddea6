"""Lark's parse tree to frozen nodes.

Recursive, so the parser measures the depth of a tree before it comes here.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from lark import Token, Tree

from xrm.rule_engine import nodes
from xrm.rule_engine.problems import Problem, RuleError, Where

ParseTree: TypeAlias = Tree[Token]
Child: TypeAlias = ParseTree | Token | None

MAX_DIGITS = 38

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_WORDS = {
    "let": "let",
    "create": "create",
    "update": "update",
    "delete": "delete",
    "assign": "assign",
    "share": "share",
    "link": "link",
    "unlink": "unlink",
    "make": "make",
    "options": "options of",
    "for_each": "for each",
    "call": "call",
    "send_email": "send email",
    "notify": "notify",
    "post": "post",
    "ask": "ask",
    "wait_for_time": "wait",
    "wait_until": "wait until",
    "wait_for_condition": "wait for",
    "return_": "return",
    "stop": "stop",
}


class Builder:
    """Builds nodes; `where` maps a line and column of the text to its file."""

    def __init__(self, where: Callable[[int, int], Where]) -> None:
        self._where = where

    def rule(self, tree: ParseTree) -> nodes.Rule:
        """Return the node of a whole rule."""
        trigger, condition, then, otherwise = tree.children
        assert isinstance(trigger, Tree)
        return nodes.Rule(
            self._at(tree),
            self._trigger(trigger),
            self._optional(condition),
            self._block(then),
            self._block(otherwise),
        )

    def expression(self, tree: Child) -> nodes.Expression:
        """Return the node of an expression."""
        assert isinstance(tree, Tree)
        at, kind, parts = self._at(tree), str(tree.data), tree.children
        match kind:
            case "choose":
                return nodes.Choose(at, *(self.expression(part) for part in parts))
            case "disjunction" | "conjunction":
                word = "or" if kind == "disjunction" else "and"
                return nodes.Logic(at, word, self._all(parts))
            case "negate":
                return nodes.Not(at, self.expression(parts[0]))
            case "minus":
                return nodes.Minus(at, self.expression(parts[0]))
            case "compare":
                left, right = self.expression(parts[0]), self.expression(parts[2])
                return nodes.Compare(at, str(parts[1]), left, right)
            case "contains" | "starts_with" | "ends_with":
                word = kind.replace("_", " ")
                return nodes.Compare(at, word, *self._all(parts))
            case "is_empty" | "is_not_empty":
                negated = kind == "is_not_empty"
                return nodes.IsEmpty(at, self.expression(parts[0]), negated)
            case "is_in" | "is_not_in":
                options = self._arguments(parts[1])
                operand = self.expression(parts[0])
                return nodes.In(at, operand, options, kind == "is_not_in")
            case "between":
                return nodes.Between(at, *self._all(parts))
            case "sum" | "product":
                return self._chain(parts)
            case "path":
                return self._path(tree)
            case "function":
                return nodes.Call(at, self._name(parts[0]), self._arguments(parts[1]))
            case "aggregate":
                name, path = self._name(parts[0]), self._path(parts[1])
                return nodes.Aggregate(at, name, None, path, self._optional(parts[2]))
            case "aggregate_of":
                name, argument = self._name(parts[0]), self.expression(parts[1])
                path, condition = self._path(parts[2]), self._optional(parts[3])
                return nodes.Aggregate(at, name, argument, path, condition)
            case "duration":
                unit = str(parts[1]).removesuffix("s")
                return nodes.DurationLiteral(at, int(self._digits(parts[0])), unit)
            case _:
                return nodes.Literal(at, self._literal(kind, parts))

    def _literal(
        self, kind: str, parts: Sequence[Child]
    ) -> int | Decimal | str | bool | None:
        match kind:
            case "integer":
                return int(self._digits(parts[0]))
            case "number":
                return Decimal(self._digits(parts[0]))
            case "text":
                return self._text(parts[0])
            case "true":
                return True
            case "false":
                return False
            case _:
                return None

    def _chain(self, parts: Sequence[Child]) -> nodes.Expression:
        result = self.expression(parts[0])
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            right = self.expression(part)
            result = nodes.Arithmetic(result.where, str(sign), result, right)
        return result

    def _all(self, parts: Sequence[Child]) -> tuple[nodes.Expression, ...]:
        return tuple(self.expression(part) for part in parts)

    def _optional(self, part: Child) -> nodes.Expression | None:
        return None if part is None else self.expression(part)

    def _arguments(self, part: Child) -> tuple[nodes.Expression, ...]:
        return self._all(part.children) if isinstance(part, Tree) else ()

    def _path(self, part: Child) -> nodes.Path:
        assert isinstance(part, Tree)
        words = [
            str(name.children[0]) for name in part.children if isinstance(name, Tree)
        ]
        quoted = tuple(word.startswith("`") for word in words)
        steps = tuple(word.strip("`") for word in words)
        return nodes.Path(self._at(part), steps, quoted)

    def _name(self, part: Child) -> str:
        assert isinstance(part, Tree)
        return str(part.children[0]).strip("`")

    def _optional_name(self, part: Child) -> str | None:
        return None if part is None else self._name(part)

    def _digits(self, token: Child) -> str:
        digits = str(token)
        if len(digits.replace(".", "").lstrip("0")) > MAX_DIGITS:
            raise self._fault(
                token,
                "P010",
                f"The number has more than {MAX_DIGITS} digits.",
                "Write a shorter number.",
            )
        return digits

    def _text(self, token: Child) -> str | None:
        def sign(found: re.Match[str]) -> str:
            letter = found.group(1)
            if letter not in _ESCAPES:
                hint = r"Known are \n, \t, \" and \\."
                raise self._fault(token, "P011", f'"\\{letter}" has no meaning.', hint)
            return _ESCAPES[letter]

        written = str(token)[1:-1]
        if "\x00" in written:
            raise self._fault(
                token, "P012", "A text cannot hold the character NUL.", "Remove it."
            )
        return re.sub(r"\\(.)", sign, written) or None

    def _fault(
        self, token: Child, code: str, message: str, hint: str | None
    ) -> RuleError:
        assert isinstance(token, Token)
        where = self._where(token.line or 1, token.column or 1)
        return RuleError([Problem(code, message, where, hint)])

    def _at(self, tree: ParseTree) -> Where:
        return self._where(
            getattr(tree.meta, "line", 1), getattr(tree.meta, "column", 1)
        )

    # --- rules ------------------------------------------------------------------

    def _trigger(self, tree: ParseTree) -> nodes.Trigger:
        at, kind, parts = self._at(tree), str(tree.data), tree.children
        if kind == "on_event":
            events = tuple(self._event(p) for p in parts if isinstance(p, Tree))
            return nodes.Trigger(at, str(parts[0]), events)
        if kind == "on_schedule":
            return nodes.Trigger(at, "every")
        return nodes.Trigger(at, "on request" if kind == "on_request" else "form")

    def _event(self, tree: ParseTree) -> nodes.Event:
        if tree.data == "operation_event":
            return nodes.Event(self._at(tree), str(tree.children[0]))
        names = tuple(self._name(part) for part in tree.children)
        return nodes.Event(self._at(tree), "change", names)

    def _block(self, part: Child) -> tuple[nodes.Statement, ...]:
        if not isinstance(part, Tree):
            return ()
        return tuple(self._statement(p) for p in part.children if isinstance(p, Tree))

    def _statement(self, tree: ParseTree) -> nodes.Statement:
        at, kind, parts = self._at(tree), str(tree.data), tree.children
        match kind:
            case "set":
                return nodes.Set(at, self._path(parts[0]), self.expression(parts[2]))
            case "reject":
                message = self.expression(parts[0])
                return nodes.Reject(at, message, self._optional_name(parts[1]))
            case "require":
                condition, message = self._all(parts[:2])
                field = self._optional_name(parts[2])
                return nodes.Require(at, condition, message, field)
            case "warn":
                message = self.expression(parts[0])
                return nodes.Warn(at, message, self._optional_name(parts[1]))
            case "if_":
                return self._if(at, parts)
            case _:
                return self._later(at, _WORDS[kind], tree)

    def _if(self, at: Where, parts: Sequence[Child]) -> nodes.If:
        branches = [(self.expression(parts[0]), self._block(parts[1]))]
        for part in parts[2:-1]:
            assert isinstance(part, Tree)
            condition, block = part.children
            branches.append((self.expression(condition), self._block(block)))
        return nodes.If(at, tuple(branches), self._block(parts[-1]))

    def _later(self, at: Where, words: str, tree: ParseTree) -> nodes.Later:
        parts: list[nodes.Expression] = []
        names: list[str] = []
        blocks: list[tuple[nodes.Statement, ...]] = []
        for child in tree.children:
            if not isinstance(child, Tree):
                continue
            if child.data == "name":
                names.append(self._name(child))
            elif child.data == "block":
                blocks.append(self._block(child))
            elif child.data == "assignments":
                for assignment in child.children:
                    assert isinstance(assignment, Tree)
                    names.append(self._name(assignment.children[0]))
                    parts.append(self.expression(assignment.children[2]))
            elif child.data in ("orders", "create"):
                inner = self._later(self._at(child), str(child.data), child)
                parts.extend(inner.parts)
                names.extend(inner.names)
            elif child.data == "order":
                parts.append(self._path(child.children[0]))
            else:
                parts.append(self.expression(child))
        return nodes.Later(at, words, tuple(parts), tuple(names), tuple(blocks))
