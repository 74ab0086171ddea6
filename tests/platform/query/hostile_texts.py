"""Four hundred texts that try to leave a filter, a sort order or a column for SQL."""

from typing import Final

_PARTS: Final = (
    "'", '"', "`", "''", "\\'", "\\", "';", "')", "'))", "' --", "'/*", "%", "_", "%%%",
    "%s", "%(x)s", ":x", "?", "$1", "{x}", "{{x}}", "\x1f", "\n", "\t", "\r\n",
    "\u2028", "\ufeff", "\u202e", "ʼ", "＇", "\ud7ff", "🦊", "\U0010ffff", "é", "İ",
)  # fmt: skip
_STATEMENTS: Final = (
    "OR 1=1", "OR '1'='1", "UNION SELECT NULL", "UNION ALL SELECT name FROM firm",
    "DROP TABLE firm", "DELETE FROM firm", "SELECT pg_sleep(5)", "AND SLEEP(5)",
    "WAITFOR DELAY '0:0:5'", "ATTACH DATABASE 'x' AS y", "PRAGMA writable_schema=1",
    "COPY firm TO '/tmp/x'", "EXEC xp_cmdshell 'dir'", "; SELECT 1",
    "AND 1=CONVERT(int,@@v)",
)  # fmt: skip
_FIELDS: Final = (
    "name;", "name--", "name/**/", "name,city", "name desc", "name DESC NULLS LAST",
    "name)", "(name)", "name'", 'name"', "name`", "firm.name", "firm_1.name", "*",
    "name.name", "parentid.", ".parentid", "parentid..name", "parentid.name.name",
    "parentid@", "parentid@title", "@name", "name@name", "parentid:", "parentid:x.name",
    "parentid:firm", "1", "-1", "0x41", "NULL", "true", "rowid", "oid", "ctid", "xmin",
    "tableoid", "sqlite_master", "pg_catalog.pg_user", "information_schema.tables",
    "xrm_credential.password", "name::text", "name||city", "name+1", "upper(name)",
    "case when 1=1 then name end", "(select 1)", "exists(select 1)",
    "name collate nocase",
    "~0", "xrm_limit", "v0", "c0", "__class__", "__dict__", "{0.__class__}", "", " ",
    "NAME", "Name", "name ", " name", "na\x00me", "name\x00", "\ud800", "a" * 300,
    "parentid." * 40 + "name", "../name", "name/city", "constructor", "$name", "#name",
)  # fmt: skip

HOSTILE: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(
        (
            *_FIELDS,
            *_PARTS,
            *(
                f"x{part} {statement}"
                for part in _PARTS[:15]
                for statement in _STATEMENTS
            ),
            *(
                f"{statement}{part}"
                for part in _PARTS[3:12]
                for statement in _STATEMENTS[:8]
            ),
            *(f"name{part}" for part in _PARTS),
        )
    )
)[:400]
