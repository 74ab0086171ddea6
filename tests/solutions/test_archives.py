"""Hostile archives are refused before a byte is unpacked or written."""

import contextlib
import io
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.counts import count
from xrm.solutions.archives import read_archive, read_source, write_archive
from xrm.solutions.source import BadPackage, Budgets

MANIFEST = b'kind: solution\nname: x\nversion: "1"\n'
SMALL = Budgets(packed=200_000, unpacked=400_000, entries=50, free=1_000)

Make = Callable[[], bytes]


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        made.writestr("solution.yaml", MANIFEST)
        for name, content in entries:
            made.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def special(mode: int, name: str = "choices/a.yaml", content: bytes = b"x") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("solution.yaml", MANIFEST)
        entry = zipfile.ZipInfo(name)
        entry.create_system = 3
        entry.external_attr = (mode | 0o777) << 16
        made.writestr(entry, content)
    return target.getvalue()


def patched(data: bytes, change: Callable[[bytearray], None]) -> bytes:
    made = bytearray(data)
    change(made)
    return bytes(made)


BAD_NAMES = [
    "../evil.yaml", "../../etc/passwd.txt", "a/../../b.yaml", "a/./b.yaml", "a//b.yaml",
    "/etc/cron.txt", "//server/share.yaml", "\\\\server\\share.yaml", "C:\\evil.yaml",
    "c:/evil.yaml", "C:evil.yaml", "..\\evil.yaml", "a\\..\\b.yaml", "a\\b.yaml",
    "./a.yaml", "..", ".", "a/..", "choices/../../x.yaml", "con.yaml", "CON/x.yaml",
    "a/nul.yaml", "a/PRN.txt", "aux", "com1.yaml", "LPT9.csv", "com¹.yaml",
    "conin$.yaml", "a/con .yaml", "name.yaml.", "name .yaml ", " name.yaml",
    "a /b.yaml", "a./b.yaml", "x:stream.yaml", "a<b.yaml", "a>b.yaml", 'a"b.yaml',
    "a|b.yaml", "a?b.yaml", "a*b.yaml", "a\nb.yaml", "a\rb.yaml", "a\tb.yaml",
    "a\x7fb.yaml", "a\x1bb.yaml", "rules/run.py", "setup.sh", "a.exe", "lib.so",
    "x.pyc", "inner.zip", "inner.tar.gz", "a.jar", "noending", "a/noending",
    "e\u0301.yaml", "x/" * 14 + "a.yaml", "n" * 130 + ".yaml", "a/" * 5 + "b" * 410,
]  # fmt: skip
COLLISIONS = [
    ("choices/a.yaml", "choices/A.yaml"), ("a.yaml", "A.YAML"),
    ("Choices/a.yaml", "choices/b.yaml"), ("x/a.yaml", "X/b.yaml"),
    ("choices/straße.yaml", "choices/STRASSE.yaml"), ("ß.yaml", "ss.yaml"),
    ("a.yaml", "a.yaml"), ("a.txt/b.yaml", "a.txt"), ("a.txt", "a.txt/b.yaml"),
    ("É.yaml", "é.yaml"), ("Σ.yaml", "ς.yaml"), ("x/y/a.yaml", "x/Y/a.yaml"),
]  # fmt: skip
MODES = {
    "link": stat.S_IFLNK,
    "device": stat.S_IFBLK,
    "character device": stat.S_IFCHR,
    "pipe": stat.S_IFIFO,
    "socket": stat.S_IFSOCK,
}


def bomb_flat() -> bytes:
    return archive(("a.yaml", b"0" * 300_000))


def bomb_of_many() -> bytes:
    return archive(*((f"a{n}.yaml", b"0" * 20_000) for n in range(30)))


def bomb_nested() -> bytes:
    return archive(("inner.zip", archive(("a.yaml", b"0" * 300_000))))


def bomb_overlapping() -> bytes:
    """Many directory entries that all point to the same packed bytes."""
    name = b"a%03d.yaml"
    content = zlib.compress(b"0" * 9_000)[2:-4]
    crc = zlib.crc32(b"0" * 9_000)
    local = b""
    central = b""
    kernel = (
        struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(content), 9_000, 9, 0
        )
        + name % 0
        + content
    )
    local += kernel
    for index in range(40):
        central += struct.pack(
            "<4s4B4H3L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 8, 0, 33, crc,
            len(content), 9_000, 9, 0, 0, 0, 0, 0, 0,
        ) + name % index  # fmt: skip
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, 40, 40, len(central), len(local), 0
    )
    return local + central + end


def lying_size() -> bytes:
    """The directory says 10 bytes, the stream holds 300,000."""
    data = archive(("a.yaml", b"0" * 300_000))

    def change(made: bytearray) -> None:
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            start = made.rfind(signature)
            made[start + offset : start + offset + 4] = struct.pack("<L", 10)

    return patched(data, change)


def wrong_crc() -> bytes:
    data = archive(("a.yaml", b"hello"), method=zipfile.ZIP_STORED)

    def change(made: bytearray) -> None:
        place = made.rfind(b"hello")
        made[place] ^= 0xFF

    return patched(data, change)


def encrypted() -> bytes:
    def change(made: bytearray) -> None:
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = made.find(signature)
            made[start + offset] |= 1

    return patched(archive(("a.yaml", b"hello")), change)


def other_name_inside() -> bytes:
    def change(made: bytearray) -> None:
        start = made.find(b"aaaa.yaml")
        made[start : start + 4] = b"../b"

    return patched(archive(("aaaa.yaml", b"hello")), change)


def too_many() -> bytes:
    return archive(*((f"a{n}.yaml", b"") for n in range(60)))


def too_packed() -> bytes:
    return archive(("a.csv", random.Random(1).randbytes(300_000)))


def with_method(method: int) -> bytes:
    return archive(("a.yaml", b"hello" * 10), method=method)


def cases() -> Iterator[tuple[str, Make]]:
    for name in BAD_NAMES:
        yield f"name {name!r}", lambda n=name: archive((n, b"x"))  # type: ignore[misc]
    for pair in COLLISIONS:
        yield (
            f"collision {pair}",
            lambda p=pair: archive(*((n, b"x") for n in p)),  # type: ignore[misc]
        )
    for word, mode in MODES.items():
        yield word, lambda m=mode: special(m)  # type: ignore[misc]
        yield (
            f"{word} as a folder",
            lambda m=mode: special(m, "choices/a.yaml/"),  # type: ignore[misc]
        )
    yield "folder with content", lambda: special(stat.S_IFDIR, "choices/")
    for make in (
        bomb_flat, bomb_of_many, bomb_nested, bomb_overlapping, lying_size, wrong_crc,
        encrypted, other_name_inside, too_many, too_packed,
    ):  # fmt: skip
        yield make.__name__, make
    yield "bzip2", lambda: with_method(zipfile.ZIP_BZIP2)
    yield "lzma", lambda: with_method(zipfile.ZIP_LZMA)
    yield "no manifest", lambda: write_archive([("a.yaml", b"x")])
    yield (
        "two folders",
        lambda: write_archive([("a/solution.yaml", b"x"), ("b.md", b"")]),
    )
    yield "empty", lambda: b""
    yield "text", lambda: b"kind: solution\n"
    yield "only the end", lambda: b"PK\x05\x06" + bytes(18)
    yield "before the first entry", lambda: b"junk" * 9 + archive()[4:]


CASES = dict(cases())


@pytest.fixture(autouse=True)
def _nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an archive was written to disk")

    monkeypatch.setattr(zipfile.ZipFile, "extract", refuse)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", refuse)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_hostile_archive_is_refused(case: str) -> None:
    data = CASES[case]()
    with pytest.raises(BadPackage) as caught:
        read_archive(data, "hostile.zip", SMALL)
    assert caught.value.problems
    for problem in caught.value.problems:
        assert problem.where is not None
        assert str(problem).isprintable()


@pytest.mark.fuzz
def test_a_damaged_archive_is_refused_or_whole() -> None:
    """Every mutation is refused in words, or gives back the very same files."""
    files = {f"choices/c{n}.yaml": f"kind: choice\nname: c{n}\n" * 3 for n in range(6)}
    whole = archive(*((name, text.encode()) for name, text in files.items()))
    good = read_archive(whole, "good.zip").files
    chance = random.Random(7)
    for _ in range(count(ci=300, release=50_000, quick=150)):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            kind = chance.randrange(3)
            place = chance.randrange(len(data))
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + chance.randint(1, 20)]
            else:
                data[place:place] = chance.randbytes(chance.randint(1, 20))
        found: Mapping[str, bytes] = {}
        with contextlib.suppress(BadPackage):
            found = read_archive(bytes(data), "damaged.zip", SMALL).files
        assert set(found.values()) <= set(good.values())


def test_a_good_archive_comes_through_whole() -> None:
    files = [("solution.yaml", MANIFEST), ("choices/größe.yaml", b"x: 1\n")]
    packed = write_archive(files)
    assert dict(read_archive(packed, "x.zip").files) == dict(files)
    assert write_archive(files) == packed
    inside = write_archive([(f"x-1.0/{path}", content) for path, content in files])
    assert dict(read_archive(inside, "x.zip").files) == dict(files)


def test_budgets_are_exact() -> None:
    data = archive(*((f"a{n}.yaml", b"") for n in range(49)))
    assert len(read_archive(data, "x.zip", SMALL).files) == 50
    with pytest.raises(BadPackage, match=r"S004 The package is too large: at most 50"):
        read_archive(archive(*((f"a{n}.md", b"") for n in range(50))), "x.zip", SMALL)


def test_a_folder_with_links_or_programs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "solution.yaml").write_bytes(MANIFEST)
    (tmp_path / "choices").mkdir()
    (tmp_path / "choices" / "a.yaml").symlink_to("/etc/passwd")
    (tmp_path / "hook.py").write_text("import os")
    (tmp_path / ".git").mkdir()
    with pytest.raises(BadPackage) as caught:
        read_source(tmp_path)
    lines = [str(problem) for problem in caught.value.problems]
    assert len(lines) == 2
    assert 'S002 "hook.py" is of a kind that a package may not have.' in lines[0]
    assert 'S003 "choices/a.yaml" is not a plain file' in lines[1]


def test_what_is_no_package_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadPackage, match=r"S001 There is no solution.yaml"):
        read_source(tmp_path)
    with pytest.raises(BadPackage, match=r"S001 There is no solution.yaml"):
        read_source(tmp_path / "nowhere.zip")
