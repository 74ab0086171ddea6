"""The demonstration with the second package, behind a real server for browsers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from werkzeug.serving import make_server

from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.main import create_app
from xrm.platform.settings import load_settings
from xrm.solutions.demo import prepare_demo
from xrm.solutions.installer import Installer, packaged

SECOND = "property"
PASSWORD = "green-kettle-41-mountain"


@dataclass(frozen=True)
class Live:
    """Where the server listens, and its database."""

    address: str
    database: Database
    snapshots: Snapshots
    sessions: dict[str, str] = field(default_factory=dict)
    """The session cookies of those who signed in: sign-in has a limit a minute."""


@contextmanager
def serve_demo(folder: Path) -> Iterator[Live]:
    """Serve the demonstration from a folder until the block ends."""
    settings = load_settings(
        {
            "XRM_DATA_DIR": str(folder),
            "XRM_SECRET_KEY": "a key that only tests know, long enough",
        }
    )
    database = open_database(settings.database_url)
    snapshots = Snapshots(database)
    prepare_demo(database, snapshots, PASSWORD)
    installer = Installer(database, snapshots)
    installer.apply(installer.plan_package(packaged(SECOND)), samples=True)
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{server.server_port}", database, snapshots)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["xrm"].database.dispose()
        database.dispose()
