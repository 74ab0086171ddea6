"""How much work one run of rules may do."""

from dataclasses import dataclass

MAX_STEPS = 50_000
MAX_STATEMENTS = 10_000
MAX_TEXT = 1_000_000


class BudgetExceeded(Exception):
    """A run did more than its budget allows; nothing of it may be kept."""


@dataclass(slots=True)
class Budget:
    """What is left for a run; one budget may serve a whole cascade of rules."""

    steps: int = MAX_STEPS
    statements: int = MAX_STATEMENTS

    def spend(self, steps: int) -> None:
        """Take one statement and the steps of its expressions.

        Raises:
            BudgetExceeded: nothing is left.
        """
        self.steps -= steps
        self.statements -= 1
        if self.steps < 0:
            raise BudgetExceeded(
                f"The rules took more than {MAX_STEPS} evaluation steps."
            )
        if self.statements < 0:
            raise BudgetExceeded(
                f"The rules ran more than {MAX_STATEMENTS} statements."
            )


def check_text(text: str) -> str:
    """Return the text when its length is allowed.

    Raises:
        BudgetExceeded: it has more than `MAX_TEXT` characters.
    """
    if len(text) > MAX_TEXT:
        raise BudgetExceeded(f"A text grew beyond {MAX_TEXT} characters.")
    return text
