"""Files: attached to notes, in fields, sent to be saved, checked, swept."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.ui.world import Person, Screens
from xrm.platform.database.doctor import Finding, invariants
from xrm.platform.errors import Invalid, Refused, TooLarge
from xrm.platform.records import service
from xrm.platform.records.attached import NOT_YOURS
from xrm.platform.services import stored_files
from xrm.platform.services.stored_files import UNKNOWN

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d"
    b"\0\0\0\0IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"


def send(person: Person, address: str, **values: object) -> TestResponse:
    """Send a form with files, as a browser does."""
    person.get("/app/work/sample")
    data = {"csrf_token": person.token, **values}
    return person.http.post(address, data=data, content_type="multipart/form-data")


def file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def got(person: Person, address: str) -> bytes:
    """Return what an address sends."""
    with person.http.get(address) as answer:
        return answer.data


def folder_of(screens: Screens) -> Path:
    found: Path = screens.app.extensions["xrm"].settings.data_dir
    return found


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (PNG, "a.png", "image/png"),
        (PNG, "a.txt", "image/png"),
        (PDF, "a.pdf", "application/pdf"),
        (SVG, "a.svg", UNKNOWN),
        (SVG, "a.png", UNKNOWN),
        (SVG, "a.txt", UNKNOWN),
        (HTML, "a.html", UNKNOWN),
        (HTML, "a.csv", UNKNOWN),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"plain words", "a.txt", "text/plain"),
        (b"plain words", "a.html", UNKNOWN),
        (b"MZ\x90\0\x03", "a.exe", UNKNOWN),
        (b"\x7fELF\x02\x01", "a.pdf", UNKNOWN),
        (b"GIF89a/*<script>*/=1;", "a.js", "image/gif"),
    ],
)
def test_a_type_is_read_from_the_bytes(head: bytes, name: str, expected: str) -> None:
    assert stored_files.type_of(head, name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.txt", "x.txt"),
        ("a\r\nb.txt", "ab.txt"),
        ("...", "file"),
        ("", "file"),
        ("ü" * 300, "ü" * 200),
    ],
)
def test_names_are_only_names(name: str, expected: str) -> None:
    assert stored_files.clean_name(name) == expected


def test_contents_are_kept_once_and_only_whole(tmp_path: Path) -> None:
    first = stored_files.keep(tmp_path, io.BytesIO(PDF), "a.pdf", most=1_000)
    again = stored_files.keep(tmp_path, io.BytesIO(PDF), "b.pdf", most=1_000)
    assert first.sha256 == again.sha256
    assert stored_files.path_of(tmp_path, first.sha256).read_bytes() == PDF
    with pytest.raises(TooLarge):
        stored_files.keep(tmp_path, io.BytesIO(b"x" * 1_001), "c", most=1_000)
    with pytest.raises(Refused):
        stored_files.keep(tmp_path, io.BytesIO(b""), "d", most=1_000)
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_a_note_takes_a_file_and_gives_it_back_to_be_saved(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    address = f"/app/work/sample/{record}/timeline"
    answer = send(person, f"{address}/notes", notetext="", file=file(SVG, "x.svg"))
    assert answer.status_code == 303
    page = person.get(address).text
    assert "x.svg" in page
    href = page.split('class="x-attached" href="')[1].split('"')[0]
    with person.http.get(href) as sent:
        assert sent.data == SVG
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert sent.headers["Content-Type"] == UNKNOWN
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Content-Security-Policy"].startswith("sandbox")
    assert screens.client("anna").http.get(href).status_code == 404
    empty = send(person, f"{address}/notes", notetext="Kept", file=file(b"", "e.txt"))
    assert empty.status_code == 400
    assert "is empty" in empty.text
    assert "Kept" in empty.text


def test_fields_take_replace_and_give_up_files(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    address = f"/app/work/sample/{record}"
    assert 'enctype="multipart/form-data"' in person.get(address).text
    assert send(person, address, paper=file(PDF, "plan.pdf")).status_code == 303
    assert "plan.pdf" in person.get(address).text
    assert got(person, f"{address}/files/paper") == PDF
    send(person, address, paper=file(b"words", "plan.txt"))
    assert got(person, f"{address}/files/paper") == b"words"
    refused = send(person, address, photo=file(SVG, "me.png"))
    assert refused.status_code == 400
    assert "me.png is no picture" in refused.text
    refused = send(person, address, paper=file(b"x" * 3_000, "big.txt"))
    assert "big.txt is too large: Paper takes 2 kB." in refused.text
    send(person, address, photo=file(PNG, "me.png"))
    assert (
        f'<img class="x-image" src="{address}/files/photo"' in person.get(address).text
    )
    send(person, address, **{"paper.remove": "1"})
    assert person.http.get(f"{address}/files/paper").status_code == 404
    assert person.http.get(f"{address}/files/name").status_code == 404


def test_the_id_of_a_file_is_no_right_to_it(screens: Screens) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    send(person, f"/app/work/sample/{record}", paper=file(PDF, "plan.pdf"))
    with screens.work() as work:
        paper = service.retrieve(work, "sample", record)["paper"]
    with screens.work("anna") as work:
        for values in ({"paper": paper}, {"paper": uuid4()}):
            with pytest.raises(Invalid) as refused:
                service.create(work, "sample", {"name": "Hers", **values})
            assert refused.value.details[0].message == NOT_YOURS
    with screens.work("carla") as work:
        service.create(work, "sample", {"name": "Mine too", "paper": paper})
        service.update(work, "sample", record, {"name": "Kept", "paper": paper})


def test_a_new_record_comes_with_its_files(screens: Screens) -> None:
    person = screens.client()
    answer = send(
        person, "/app/work/sample/new", name="New", paper=file(PDF, "plan.pdf")
    )
    assert answer.status_code == 303
    assert got(person, f"{answer.headers['Location']}/files/paper") == PDF


def test_the_doctor_misses_contents_and_sweeps_what_is_left_over(
    screens: Screens,
) -> None:
    record = screens.create("sample", name="One")
    person = screens.client()
    send(person, f"/app/work/sample/{record}", paper=file(b"to be lost", "a.txt"))
    folder = folder_of(screens)
    checks = stored_files.checks(folder)

    def found() -> list[Finding]:
        return [
            f
            for f in invariants(screens.world.database, checks)
            if f.check == "files" and f.severity == "fault"
        ]

    assert found() == []
    extra = stored_files.keep(folder, io.BytesIO(b"nobody's"), "n", most=99)
    orphan = stored_files.path_of(folder, extra.sha256)
    now = datetime.now(UTC)
    stored_files.sweep(screens.world.database, folder, now)
    assert orphan.exists()
    old = (now - timedelta(days=2)).timestamp()
    os.utime(orphan, (old, old))
    assert stored_files.sweep(screens.world.database, folder, now) >= 1
    assert not orphan.exists()
    assert found() == []
    with screens.work() as work:
        id_ = service.retrieve(work, "sample", record, ("paper",))["paper"]
        named = stored_files.find(work.connection, [id_])[id_]
    stored_files.path_of(folder, named.sha256).unlink()
    (fault,) = found()
    assert "The content of a file of sample.paper is missing" in fault.message
    assert person.http.get(f"/app/work/sample/{record}/files/paper").status_code == 404
