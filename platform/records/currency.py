"""Know the money of a record: its currency, the rate of the day, the base amounts.

`<amount>_base` = amount / exchange rate, rounded to the base amount's own scale. The
rate is copied from the currency when an amount or the currency is written, and stays
then. Source: reference/dataverse.md 1.2.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from xrm.metadata.fields.currency import STORED_SCALE
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout, layout_of
from xrm.platform.security import actors
from xrm.rule_engine import core_names

_LOOKUP = "transactioncurrencyid"
_RATE = "exchangerate"
_MEMO = "currencies"
_STEP = Decimal(1).scaleb(-STORED_SCALE)


def amounts(layout: Layout) -> dict[str, str]:
    """Return the base amount field of each amount field."""
    return layout.kept(
        "amounts",
        lambda: {
            str(base_of): name
            for name in layout.fields
            if (base_of := layout.entity.fields[name].options.get("base_of"))
        },
    )


def fill(batch: Batch) -> None:
    """Set currency, rate and base amounts where an amount or the currency changes."""
    layout = batch.layout
    if _RATE not in layout.fields or batch.entity == core_names.CURRENCY:
        return
    pairs = amounts(layout)
    for change in batch.changes:
        _fill_one(batch.work, pairs, change)


def _fill_one(work: Work, pairs: dict[str, str], change: Change) -> None:
    after = change.after
    sent = pairs.keys() & after.keys()
    if not change.has_changed(_LOOKUP) and not any(map(change.has_changed, sent)):
        return
    currency = after.get(_LOOKUP)
    if currency is None:
        found = base_currency(work)
        if found is None:
            return
        currency = after[_LOOKUP] = Ref(core_names.CURRENCY, found)
    rate = rate_of(work, currency.id)
    after[_RATE] = rate
    for amount in sent:
        value = after[amount]
        after[pairs[amount]] = None if value is None else in_base(value, rate)


def in_base(value: Decimal, rate: Decimal) -> Decimal:
    """Return an amount in the base currency, rounded half up to the stored digits."""
    return (value / rate).quantize(_STEP, ROUND_HALF_UP)


def forget(work: Work) -> None:
    """Let everybody read rates anew: this work has changed currencies."""
    work.memo[_MEMO] = {}
    actors.touch(work)


def _known(work: Work) -> dict[Any, Any]:
    """Return the rates that were read, for all works that see the same currencies.

    Their change draws a new stamp (`actors.touch`), so no work meets an older rate; a
    work that changed them has its own.
    """
    own: dict[Any, Any] | None = work.memo.get(_MEMO)
    if own is not None:
        return own
    return work.snapshot.cache("currencies").get(work.security_version, dict)


def base_currency(work: Work) -> UUID | None:
    """Return the currency whose rate is 1, the oldest of them, if there is any."""
    known = _known(work)
    if "base" not in known:
        layout = layout_of(work.snapshot, core_names.CURRENCY)
        table = layout.table
        rate = table.c.get(_RATE)
        if rate is None:
            known["base"] = None
        else:
            key = table.c[layout.key]
            statement = layout.kept(
                "base currency",
                lambda: (
                    select(key, rate)
                    .where(rate == Decimal(1))
                    .order_by(table.c.createdon, key)
                    .limit(1)
                ),
            )
            row = work.connection.execute(statement).first()
            known["base"] = None if row is None else row[0]
            if row is not None:
                known[row[0]] = row[1]
    found: UUID | None = known["base"]
    return found


def rate_of(work: Work, currency: UUID) -> Decimal:
    """Return the exchange rate of a currency; 1 where it has none."""
    known = _known(work)
    if currency not in known:
        layout = layout_of(work.snapshot, core_names.CURRENCY)
        row = layout.one().first(work.connection, {"xrm_id": currency})
        rate = row[_RATE] if row is not None and _RATE in row else None
        known[currency] = rate or Decimal(1)
    rate_now: Decimal = known[currency]
    return rate_now
