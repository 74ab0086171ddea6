"""Know what a new record gets where nothing was sent."""

from xrm.platform.records.change import Batch
from xrm.platform.records.values import constant_defaults


def fill_defaults(batch: Batch) -> None:
    """Fill in the declared defaults of new records; a sent empty value stays empty."""
    constants = constant_defaults(batch.layout)
    for change in batch.changes:
        given, after = change.given, change.after
        for name, value in constants.items():
            if name not in given:
                after[name] = value
        if "statuscode" in given and "statecode" not in given:
            after.pop("statecode", None)
        elif "statecode" in given and "statuscode" not in given:
            after.pop("statuscode", None)
