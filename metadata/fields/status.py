"""Know the field type `status`: the reason of a record's state (`statuscode`)."""

from xrm.metadata.fields.choice import ChoiceType


class StatusType(ChoiceType):
    """The status reason of a record; every reason belongs to one state."""

    name = "status"
    summary = "The status reason of a record, one of its state's reasons."
    example = {
        "type": "status",
        "label": "Status reason",
        "choices": ["In Progress", "On Hold"],
    }
    declarable = False
