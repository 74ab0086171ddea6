"""Know how a zip file is read without trusting it.

The central directory is checked against the budgets and the local headers first:
names, kinds, sizes, ratio, overlaps. Only then are entries unpacked, in memory, each no
further than its declared size. Archives inside archives are not opened: a package may
not hold any.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from xrm.rule_engine.problems import Problem, Where
from xrm.solutions.names import NameChecker
from xrm.solutions.source import (
    BUDGETS,
    MANIFEST,
    BadPackage,
    Budgets,
    Source,
    no_manifest,
    not_a_file,
    read_folder,
    shown,
    too_large,
)

ENDING = ".zip"
_LOCAL = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\x03\x04"
_ENCRYPTED = 0x1
_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
_CHUNK = 1 << 16
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def read_source(path: Path, budgets: Budgets = BUDGETS) -> Source:
    """Read a package from its folder or zip file.

    Raises:
        BadPackage: there is none, or it cannot be used.
    """
    if path.is_dir():
        return read_folder(path, budgets)
    if not path.is_file():
        raise BadPackage([no_manifest(str(path))])
    if path.stat().st_size > budgets.packed:
        raise BadPackage([_packed(str(path), budgets)])
    return read_archive(path.read_bytes(), path.name, budgets)


def read_archive(data: bytes, name: str, budgets: Budgets = BUDGETS) -> Source:
    """Read a package from the bytes of a zip file.

    Raises:
        BadPackage: it cannot be used; nothing was written anywhere.
    """
    if len(data) > budgets.packed:
        raise BadPackage([_packed(name, budgets)])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            problems = _problems(entries, data, name, budgets)
            if problems:
                raise BadPackage(problems)
            files = _unpack(archive, entries, name)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as fault:
        raise BadPackage([_broken(name, str(fault))]) from fault
    except (NotImplementedError, RuntimeError, ValueError, OSError) as fault:
        raise BadPackage([_broken(name, str(fault))]) from fault
    return Source(name.removesuffix(ENDING), _from_top(files, name))


def write_archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Return a zip file; the same files always give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, content in sorted(files):
            entry = zipfile.ZipInfo(path, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content)
    return target.getvalue()


def _problems(
    entries: Sequence[zipfile.ZipInfo], data: bytes, place: str, budgets: Budgets
) -> list[Problem]:
    """Return everything that is wrong with the entries of an archive."""
    if len(entries) > budgets.entries:
        return [too_large(place, budgets)]
    checker = NameChecker(place)
    problems: list[Problem] = []
    for entry in entries:
        if "\0" in entry.orig_filename:
            checker.check(entry.orig_filename)
            continue
        checker.check(entry.filename, is_folder=entry.is_dir())
        fault = _entry_fault(entry, budgets, place)
        if fault:
            problems.append(fault)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > budgets.unpacked:
        problems.append(too_large(place, budgets))
    if unpacked > budgets.ratio * max(len(data), 1) and unpacked > budgets.free:
        problems.append(_bomb(place, place, budgets))
    problems += _layout_problems(entries, data, place)
    return [*checker.problems, *problems]


def _entry_fault(
    entry: zipfile.ZipInfo, budgets: Budgets, place: str
) -> Problem | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_folder = kind == stat.S_IFDIR or entry.is_dir()
    if kind not in _KINDS or (kind == stat.S_IFDIR) > entry.is_dir():
        return not_a_file(place, entry.filename)
    if is_folder and entry.file_size:
        return not_a_file(place, entry.filename)
    if entry.flag_bits & _ENCRYPTED:
        return _broken(place, f'"{shown(entry.filename)}" is encrypted')
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _broken(
            place, f'"{shown(entry.filename)}" is packed with an unknown method'
        )
    large = entry.file_size > budgets.free
    if large and entry.file_size > budgets.ratio * max(entry.compress_size, 1):
        return _bomb(place, entry.filename, budgets)
    return None


def _layout_problems(
    entries: Sequence[zipfile.ZipInfo], data: bytes, place: str
) -> list[Problem]:
    """Return the problems of entries that overlap or do not stand where they say."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        start = entry.header_offset
        header = data[start : start + _LOCAL.size] if start >= 0 else b""
        if len(header) < _LOCAL.size or not header.startswith(_SIGNATURE):
            return [_broken(place, f'"{shown(entry.filename)}" has no header')]
        fields = _LOCAL.unpack(header)
        name_length, extra_length = fields[9], fields[10]
        if start < end:
            return [_broken(place, f'"{shown(entry.filename)}" overlaps another entry')]
        name = data[start + _LOCAL.size : start + _LOCAL.size + name_length]
        if name != _spelled(entry):
            return [
                _broken(place, f'"{shown(entry.filename)}" has another name inside')
            ]
        end = start + _LOCAL.size + name_length + extra_length + entry.compress_size
        if end > len(data):
            return [_broken(place, f'"{shown(entry.filename)}" is cut off')]
    return []


def _spelled(entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of an entry's name as the archive spells it."""
    encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
    return entry.orig_filename.encode(encoding)


def _unpack(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], place: str
) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for entry in entries:
        if entry.is_dir():
            continue
        with archive.open(entry) as opened:
            content = _read(opened, entry.file_size)
        if len(content) != entry.file_size:
            raise BadPackage(
                [_broken(place, f'"{shown(entry.filename)}" has another size')]
            )
        files[entry.filename] = content
    return dict(sorted(files.items()))


def _read(opened: IO[bytes], size: int) -> bytes:
    """Read no further than one byte beyond the declared size."""
    parts: list[bytes] = []
    left = size + 1
    while left > 0:
        part = opened.read(min(left, _CHUNK))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _from_top(files: dict[str, bytes], place: str) -> dict[str, bytes]:
    """Return the files by their path from the manifest; it may stand one folder down.

    Raises:
        BadPackage: there is no manifest.
    """
    if MANIFEST in files:
        return files
    tops = {path.partition("/")[0] for path in files}
    if len(tops) == 1:
        top = tops.pop() + "/"
        if top + MANIFEST in files:
            return {path[len(top) :]: content for path, content in files.items()}
    raise BadPackage([no_manifest(place)])


def _packed(place: str, budgets: Budgets) -> Problem:
    return Problem(
        "S004",
        f"The file is larger than {budgets.packed} bytes.",
        Where(place, 1, 1),
        "Take out what does not belong to the solution.",
    )


def _bomb(place: str, name: str, budgets: Budgets) -> Problem:
    return Problem(
        "S005",
        f'"{shown(name)}" unpacks to more than {budgets.ratio} times its size.',
        Where(place, 1, 1),
        "Pack the plain files of the solution with an ordinary program.",
    )


def _broken(place: str, what: str) -> Problem:
    return Problem(
        "S006",
        f"The zip file cannot be read: {what}.",
        Where(place, 1, 1),
        "Pack the folder of the solution anew.",
    )
