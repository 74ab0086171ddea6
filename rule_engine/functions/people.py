"""Functions about the person who acts; the surroundings know the answers."""

from xrm.rule_engine.functions.registry import Function

FUNCTIONS = (
    Function(
        "currentuser() -> user",
        "Gives the user who acts.",
        "currentuser() is empty",
        False,
        fact="user_id",
    ),
    Function(
        "currentunit() -> unit",
        "Gives the business unit of the user who acts.",
        "currentunit() is empty",
        False,
        fact="user:businessunitid",
    ),
    Function(
        "currentmanager() -> user",
        "Gives the manager of the user who acts.",
        "currentmanager() is empty",
        True,
        fact="user:parentsystemuserid",
    ),
    Function(
        "currentusername() -> text",
        "Gives the full name of the user who acts.",
        'currentusername() = "ann example"',
        True,
        fact="user:fullname",
    ),
    Function(
        "currentemail() -> text",
        "Gives the e-mail address of the user who acts.",
        'currentemail() ends with "@contoso.com"',
        True,
        fact="user:internalemailaddress",
    ),
    Function(
        "hasrole(name: text) -> boolean",
        "Says whether the user who acts has a role; the name stands in quotes.",
        'hasrole("Sales Manager")',
        True,
        fact="has_role",
    ),
)
