"""How many cases a campaign runs: few while working, more in CI, all before release."""

import os

from tests.support.environment import is_ci


def campaign() -> str:
    """Return the kind of this run: `quick`, `ci` or `release`.

    `XRM_CAMPAIGN` says it; without it, CI runs `ci` and everything else `quick`.

    Raises:
        ValueError: `XRM_CAMPAIGN` holds another word.
    """
    named = os.environ.get("XRM_CAMPAIGN", "")
    if not named:
        return "ci" if is_ci() else "quick"
    if named not in ("quick", "ci", "release"):
        raise ValueError(f'XRM_CAMPAIGN is "{named}"; it must be quick, ci or release.')
    return named


def count(ci: int, release: int, quick: int | None = None) -> int:
    """Return the number of cases for this run.

    Without `quick`, a quick run takes a tenth of the CI count, at least one.
    """
    kind = campaign()
    if kind == "release":
        return release
    if kind == "ci":
        return ci
    return max(1, ci // 10) if quick is None else quick
