"""Know the platform's own tables. Their names begin with `xrm_`.

They are plain SQLAlchemy tables; `upgrades.py` creates them and carries them from
version to version. Tables of entities are made of the catalog (`tables.py`), never
here. Documents, plans and values of history are JSON as text, written and read with
orjson.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from xrm.metadata.fields.storage import UtcDateTime

METADATA = sa.MetaData()
PREFIX = "xrm_"

_NAME = sa.String(63)
_JSON = sa.Text()
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _uuid() -> sa.Uuid[UUID]:
    return sa.Uuid(as_uuid=True)


SCHEMA_VERSION = sa.Table(
    "xrm_schema_version",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)
"""One row: the version of the platform's own tables."""

CATALOG = sa.Table(
    "xrm_catalog",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("security", sa.Integer, nullable=False),
)
"""One row: the catalog's version, and a stamp that changes with rights."""

SOLUTION = sa.Table(
    "xrm_solution",
    METADATA,
    sa.Column("name", _NAME, primary_key=True),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("installed_on", UtcDateTime(), nullable=False),
    sa.Column("installed_by", _uuid()),
)
"""The installed packages; a higher position is a layer further up."""

SOLUTION_PACKAGE = sa.Table(
    "xrm_solution_package",
    METADATA,
    sa.Column("solution", _NAME, primary_key=True),
    sa.Column("installed_on", UtcDateTime(), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""The packages as they came, every file byte for byte, in a zip."""

DOCUMENT = sa.Table(
    "xrm_document",
    METADATA,
    sa.Column("layer", _NAME, primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(130), primary_key=True),
    sa.Column("name", _NAME, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("data", _JSON, nullable=False),
)
"""The documents of each layer, as they came; `layer` is a solution or `local`."""

EFFECTIVE = sa.Table(
    "xrm_effective",
    METADATA,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(130), primary_key=True),
    sa.Column("name", _NAME, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("data", _JSON, nullable=False),
)
"""The documents after merging the layers: what the catalog is composed of."""

PUBLISH = sa.Table(
    "xrm_publish",
    METADATA,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", _uuid()),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("plan", _JSON, nullable=False),
    sa.Column("before", _JSON, nullable=False),
    sa.Column("undone_by", sa.Integer),
    sa.Column("undoes", sa.Integer),
)
"""One row per publish: what it did, and the documents it replaced (for undo)."""

QUARANTINE = sa.Table(
    "xrm_quarantine",
    METADATA,
    sa.Column("id", _SEQUENCE, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("entity", sa.String(130), nullable=False),
    sa.Column("field", sa.String(130)),
    sa.Column("columns", _JSON, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Index("xrm_quarantine_of", "entity", "field"),
)
"""What a publish took out of the tables, and whether it came back."""

QUARANTINE_ROW = sa.Table(
    "xrm_quarantine_row",
    METADATA,
    sa.Column("quarantine", sa.BigInteger, primary_key=True),
    sa.Column("record", sa.String(36), primary_key=True),
    sa.Column("value", sa.Text().with_variant(JSONB(), "postgresql")),
    sa.Column("became", sa.Text),
)
"""The kept values of one quarantine entry as JSON, one row per record."""

AUDIT = sa.Table(
    "xrm_audit",
    METADATA,
    sa.Column("seq", _SEQUENCE, primary_key=True),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("work", _uuid(), nullable=False),
    sa.Column("actor", _uuid()),
    sa.Column("entity", _NAME, nullable=False),
    sa.Column("record", _uuid(), nullable=False),
    sa.Column("verb", sa.String(20), nullable=False),
    sa.Column("before", _JSON),
    sa.Column("after", _JSON),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("xrm_audit_record", "entity", "record", "seq"),
)
"""History: one row per changed record and transaction, chained by hashes."""

SEQUENCE = sa.Table(
    "xrm_sequence",
    METADATA,
    sa.Column("entity", _NAME, primary_key=True),
    sa.Column("field", _NAME, primary_key=True),
    sa.Column("next", sa.BigInteger, nullable=False),
)
"""The next number of each autonumber field."""

CREDENTIAL = sa.Table(
    "xrm_credential",
    METADATA,
    sa.Column("user_id", _uuid(), primary_key=True),
    sa.Column("sign_in", sa.String(200), nullable=False),
    sa.Column("password", sa.String(300)),
    sa.Column("changed_on", UtcDateTime(), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", UtcDateTime()),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("sign_in", name="xrm_credential_sign_in"),
)
"""How a person signs in; `sign_in` is kept folded, `password` is an Argon2 hash."""

SESSION = sa.Table(
    "xrm_session",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("user_id", _uuid(), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_on", UtcDateTime(), nullable=False),
    sa.Column("seen_on", UtcDateTime(), nullable=False),
    sa.Column("expires_on", UtcDateTime(), nullable=False),
    sa.Column("address", sa.String(60)),
    sa.Column("agent", sa.String(300)),
    sa.Index("xrm_session_user", "user_id"),
)
"""Signed-in browsers; `id` is the hash of the cookie's token."""

TOKEN = sa.Table(
    "xrm_token",
    METADATA,
    sa.Column("id", _uuid(), primary_key=True),
    sa.Column("user_id", _uuid(), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("scopes", _JSON),
    sa.Column("created_on", UtcDateTime(), nullable=False),
    sa.Column("expires_on", UtcDateTime()),
    sa.Column("used_on", UtcDateTime()),
    sa.Column("revoked_on", UtcDateTime()),
    sa.UniqueConstraint("hash", name="xrm_token_hash"),
    sa.Index("xrm_token_user", "user_id"),
)
"""API tokens, by the hash of their text."""

IMPORT = sa.Table(
    "xrm_import",
    METADATA,
    sa.Column("id", _uuid(), primary_key=True),
    sa.Column("entity", _NAME, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("mapping", _JSON, nullable=False),
    sa.Column("actor", _uuid()),
    sa.Column("started_on", UtcDateTime(), nullable=False),
    sa.Column("finished_on", UtcDateTime()),
    sa.Column("undone_on", UtcDateTime()),
    sa.Column("counts", _JSON, nullable=False),
)
"""One row per import."""

IMPORT_ROW = sa.Table(
    "xrm_import_row",
    METADATA,
    sa.Column("import", _uuid(), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("record", _uuid()),
    sa.Column("source", sa.String(400)),
    sa.Column("version", sa.BigInteger),
    sa.Column("message", sa.Text),
    sa.Index("xrm_import_row_source", "source"),
)
"""What became of each row of an import."""

STORED_FILE = sa.Table(
    "xrm_file",
    METADATA,
    sa.Column("id", _uuid(), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("mimetype", sa.String(100), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created_on", UtcDateTime(), nullable=False),
    sa.Column("created_by", _uuid()),
    sa.Index("xrm_file_content", "sha256"),
)
"""Files that fields name; their contents stand in the data folder, by their hash."""

SETTING = sa.Table(
    "xrm_setting",
    METADATA,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", _JSON, nullable=False),
)
"""Settings that are kept in the database, as JSON."""

PREFERENCE = sa.Table(
    "xrm_preference",
    METADATA,
    sa.Column("user_id", _uuid(), primary_key=True),
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("value", _JSON, nullable=False),
)
"""What a person has chosen, as JSON; the key "" holds a stamp of the last change."""

RECENT = sa.Table(
    "xrm_recent",
    METADATA,
    sa.Column("user_id", _uuid(), primary_key=True),
    sa.Column("entity", _NAME, primary_key=True),
    sa.Column("record", _uuid(), primary_key=True),
    sa.Column("seen_at", UtcDateTime(), nullable=False),
    sa.Index("xrm_recent_seen", "user_id", "seen_at"),
    sa.Index("xrm_recent_record", "entity", "record"),
)
"""The records whose pages a person has opened, and when last."""

RUN = sa.Table(
    "xrm_run",
    METADATA,
    sa.Column("id", _uuid(), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("label", sa.String(300), nullable=False),
    sa.Column("actor", _uuid()),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("payload", _JSON, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("position", _JSON, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("of", sa.BigInteger),
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sa.Column("result", _JSON, nullable=False),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    sa.Column("created_on", UtcDateTime(), nullable=False),
    sa.Column("started_on", UtcDateTime()),
    sa.Column("finished_on", UtcDateTime()),
    sa.Index("xrm_run_recent", "created_on", "id"),
    sa.Index("xrm_run_actor", "actor", "created_on", "id"),
    sa.Index("xrm_run_state", "state"),
)
"""Jobs: what is done in the background, step by step, and how far each one is."""

RUN_FAULT = sa.Table(
    "xrm_run_fault",
    METADATA,
    sa.Column("run", _uuid(), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("record", _uuid()),
    sa.Column("message", sa.Text, nullable=False),
)
"""What a job could not do, one row per record or row of its file."""

OUTBOX = sa.Table(
    "xrm_outbox",
    METADATA,
    sa.Column("id", _uuid(), primary_key=True),
    sa.Column("run", _uuid(), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("due", UtcDateTime(), nullable=False),
    sa.Column("offer_on", UtcDateTime(), nullable=False),
    sa.Column("offers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", sa.String(100)),
    sa.Index("xrm_outbox_offer", "offer_on", "id"),
    sa.Index("xrm_outbox_run", "run"),
    sa.Index("xrm_outbox_worker", "worker"),
)
"""Steps that have no result yet; `offer_on` is when a worker is told of one (again)."""

WORKER = sa.Table(
    "xrm_worker",
    METADATA,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("started_on", UtcDateTime(), nullable=False),
    sa.Column("seen_on", UtcDateTime(), nullable=False),
    sa.Column("ended_on", UtcDateTime()),
    sa.Column("version", sa.String(40), nullable=False),
)
"""Workers by their heartbeat; `ended_on` says that one ended by itself."""
