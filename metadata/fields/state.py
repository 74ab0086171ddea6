"""Know the field type `state`: the state of a record (`statecode`)."""

from xrm.metadata.fields.choice import ChoiceType


class StateType(ChoiceType):
    """The state of a record; its options are the entity's `states`."""

    name = "state"
    summary = "The state of a record, one of the entity's states."
    example = {"type": "state", "label": "Status", "choices": ["Open", "Won", "Lost"]}
    declarable = False
