"""Know the names of the core solution's entities that the platform itself stands on.

This is the only place of the code where an entity of a solution is named. It stands on
the lowest floor because every floor needs it.
"""

USER = "systemuser"
TEAM = "team"
UNIT = "businessunit"
ROLE = "role"
CURRENCY = "transactioncurrency"
CURRENCY_CODE = "isocurrencycode"
"""The field of a currency with its three letters."""
ACTIVITY_PARTY = "activityparty"
NOTE = "annotation"
NOTE_FILE = {
    "name": "filename",
    "mimetype": "mimetype",
    "size": "filesize",
    "is": "isdocument",
}
"""The fields of a note that tell about its file."""
QUEUE = "queue"
QUEUE_ITEM = "queueitem"
CONNECTION = "connection"
CONNECTION_ROLE = "connectionrole"
SUBJECT = "subject"
ORGANISATION = "organization"
PERSONAL_VIEW = "userquery"
"""What a person keeps of a list; every list's head offers them."""

ADMINISTRATOR = "system_administrator"
"""The role that sees and steers the background jobs of everyone."""

USER_ROLES = "systemuserroles_association"
"""N:N relationship of users and roles."""
TEAM_ROLES = "teamroles_association"
"""N:N relationship of teams and roles."""
TEAM_MEMBERS = "teammembership_association"
"""N:N relationship of teams and users."""
