"""Refresh `ui/static/vendor` and the icon sprite from the npm registry.

Run by hand: `python tests/support/vendor.py`. It needs npm; nothing at run time does.
The lock file says which version, which licence and which sha-384 each file has.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "ui" / "static" / "vendor"
PACKAGES = {
    "@tabler/core@1.6.1": {"dist/css/tabler.min.css": "tabler.min.css"},
    "chart.js@4.6.1": {"dist/chart.umd.min.js": "chart.umd.min.js"},
    "htmx.org@2.0.11": {"dist/htmx.min.js": "htmx.min.js"},
    "sortablejs@1.15.7": {"Sortable.min.js": "sortable.min.js"},
}
ICONS = "@tabler/icons@3.52.0"
SOURCE_MAP = re.compile(rb"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*")


def fetch(package: str, folder: Path) -> Path:
    """Download one npm package and unpack it; return its folder."""
    name = subprocess.run(
        ["npm", "pack", "--silent", package],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    target = folder / name.removesuffix(".tgz")
    with tarfile.open(folder / name) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def integrity(content: bytes) -> str:
    """Return the sha-384 of a file as browsers write it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def sprite(package: Path, names: list[str]) -> bytes:
    """Return the named outline icons as one file of SVG symbols."""
    symbols = []
    for name in names:
        svg = (package / "icons" / "outline" / f"{name}.svg").read_text("utf-8")
        body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.index("</svg>")]
        drawn = re.sub(r"\s*\n\s*", "", body)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawn}</symbol>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"
    ).encode()


def main() -> None:
    """Write the vendored files and their lock."""
    lock: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for package, files in PACKAGES.items():
            unpacked = fetch(package, folder)
            facts = json.loads((unpacked / "package.json").read_text("utf-8"))
            for source, name in files.items():
                content = SOURCE_MAP.sub(b"", (unpacked / source).read_bytes())
                (VENDOR / name).write_bytes(content)
                lock[name] = {
                    "package": facts["name"],
                    "version": facts["version"],
                    "license": facts["license"],
                    "integrity": integrity(content),
                }
        unpacked = fetch(ICONS, folder)
        facts = json.loads((unpacked / "package.json").read_text("utf-8"))
        names = sorted((VENDOR / "icons.txt").read_text("utf-8").split())
        content = sprite(unpacked, names)
        (VENDOR / "icons.svg").write_bytes(content)
        lock["icons.svg"] = {
            "package": facts["name"],
            "version": facts["version"],
            "license": facts["license"],
            "integrity": integrity(content),
        }
    text = json.dumps(lock, indent=2, sort_keys=True) + "\n"
    (VENDOR / "LOCK.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
