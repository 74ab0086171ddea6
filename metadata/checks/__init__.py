"""Know whether definitions refer to things that exist and fit, one module per kind.

`check(catalog, documents)` gives every problem at once, sorted by file and line.
"""

from xrm.metadata.checks.codes import CODES
from xrm.metadata.checks.run import check

__all__ = ["CODES", "check"]
