"""The database room: engine, unit of work, tables, publishing, quarantine, doctor."""
