"""Create, read, change and delete records: the verbs and what follows from them.

The front door is `service.py`; every other room (API, screens, import, solutions)
calls only it, inside an `open_work` block:

    with open_work(database, snapshots, actor) as work:
        key = service.create(work, "contact", {"lastname": "Lovelace"})
        service.update(work, "contact", key, {"firstname": "Ada"}, if_version=version)

A verb is a tuple of steps in the module of its name (`create.py`, `update.py`,
`delete.py`; assign and set state are updates); a step is a function of a `Batch` of
`Change`s (`change.py`). One record is a batch of one, so N together are as N alone
(`pipeline.py`, `plans.py`). A new rule about writing goes into the step it belongs to:

require       may the actor use the verb at all, on this record (`admission.py`)
load, fetch   parse (`values.py`), defaults, read and hold the row, references, owner
before_rules  rules that set or refuse (`../automation/triggers.py`)
formulas      unit, state, currency (`settling.py`), stored formulas (`formulas.py`)
write         required values, numbers, statement (`writing.py`), cascades
after_rules   rules that look at what was written
rollups       what depends on it elsewhere (`dependencies.py`, `derived.py`)
history       one chained row per change (`history.py`, `chain.py`)

Promises: no lost update (compare-and-set on `versionnumber`), rollups never stale,
numbers without gaps or doubles, links only to records that exist, no query per record
in bulk. They are kept by locks that the transaction holds, in the order of the keys; a
deadlock between many entities ends in `Unavailable`: repeat the work.
"""
