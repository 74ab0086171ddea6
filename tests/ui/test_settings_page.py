"""A person's own settings: kept, in force, and for a signed-in browser only."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.ui.test_models import READER
from tests.ui.test_search_pages import forget
from tests.ui.world import PASSWORD, Person, Screens
from xrm.platform.database.system_tables import CREDENTIAL
from xrm.platform.security import sessions, tokens
from xrm.platform.services import preferences
from xrm.ui import settings_page

AGENTS = (
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 19) Version/19 Safari/1", "Safari on iPhone"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/140 Safari", "Chrome on macOS"),
    ("curl/8", "Unknown browser"),
    (None, "Unknown browser"),
)


@pytest.fixture(autouse=True)
def _nothing_stays(screens: Screens) -> Iterator[None]:
    yield
    for user in ("anna", "carla"):
        forget(screens, user)


@pytest.mark.parametrize(("agent", "said"), AGENTS)
def test_browsers_have_names(agent: str | None, said: str) -> None:
    assert settings_page.browser_name(agent) == said


def test_a_number_and_a_moment_show_what_formats_do() -> None:
    found = settings_page.example(READER.formats, READER.now)
    assert found.startswith("12,345.67 · Nov 24, 2026")


def test_settings_are_kept_and_in_force(screens: Screens) -> None:
    for number in range(30):
        screens.create("sample", name=f"S {number:02}", day="2026-02-03")
    carla = screens.client()
    assert "Feb 3, 2026" in carla.get("/app/work/sample").text
    text = carla.get("/settings/me").text
    assert "As an administrator set it: English" in text
    answer = carla.post(
        "/settings/me",
        theme="dark",
        density="comfortable",
        locale="de-AT",
        time_zone="Europe/Vienna",
        date_format="short",
        page_size="25",
        start="/app/boss_only/person",
    )
    assert answer.headers["Location"] == "/settings/me"
    assert "xrm_theme=dark" in str(answer.headers.getlist("Set-Cookie"))
    text = carla.get("/settings/me").text
    assert 'data-bs-theme="dark" data-density="comfortable"' in text
    assert '<option value="Europe/Vienna" selected>' in text
    assert "12.345,67" in text
    text = carla.get("/app/work/sample").text
    assert "03.02.26" in text
    assert "1–25" in text
    assert carla.get("/").headers["Location"] == "/app/boss_only/person"
    carla.get("/settings/me")
    carla.post("/settings/me", theme="auto", locale="", start="", date_format="medium")
    with screens.work("carla") as work:
        assert preferences.all_of(work) == {
            "time_zone": "Europe/Vienna",
            "density": "comfortable",
            "page_size": 25,
        }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"time_zone": "Mars/Base"}, "Time zone: It is a name of the time zone"),
        ({"locale": "de-AT", "page_size": "7"}, "Rows of a list: It is one of: 25"),
        ({"start": "//elsewhere.example"}, "The page to begin with: It is the address"),
        ({"theme": "pink"}, "Light or dark: It is one of"),
    ],
)
def test_a_wrong_setting_changes_nothing(
    screens: Screens, values: dict[str, str], said: str
) -> None:
    carla = screens.client()
    carla.get("/settings/me")
    answer = carla.post("/settings/me", **values)
    assert answer.status_code == 400
    assert said in answer.text
    with screens.work("carla") as work:
        assert preferences.all_of(work) == {}


def test_the_theme_comes_with_the_person(screens: Screens) -> None:
    carla = screens.client()
    carla.get("/settings/me")
    carla.post("/preferences", theme="dark")
    other = screens.app.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.201"
    token = re.search(r'name="csrf_token" value="([^"]+)"', other.get("/sign-in").text)
    assert token is not None
    data = {"csrf_token": token.group(1), "name": "carla", "password": PASSWORD}
    answer = other.post("/sign-in", data=data)
    assert "xrm_theme=dark" in str(answer.headers.getlist("Set-Cookie"))


def signed_in(screens: Screens, user: str, agent: str) -> tuple[Person, str]:
    """Sign in with another browser; return it and its session's token."""
    person = Person(screens.app.test_client())
    address = f"192.0.2.{len(agent) % 200}"  # sign-ins of one address are counted
    person.http.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address}
    person.sign_in(user)
    cookie = person.http.get_cookie("xrm_session")
    assert cookie is not None
    return person, cookie.value


def is_in(screens: Screens, token: str) -> bool:
    """Say whether a session is in force."""
    with screens.work() as work:
        found = sessions.find_session(work.connection, token)[1]
    return found.id is not None


def test_the_password_is_changed_and_others_are_out(screens: Screens) -> None:
    ben, first = signed_in(screens, "ben", "x")
    _, second = signed_in(screens, "ben", "x")
    ben.get("/settings/me")
    better = "blue-lamp-77-river"
    for old, new, again, said in (
        ("wrong", better, better, "The present password is wrong."),
        (PASSWORD, better, "other", "The two new passwords differ."),
        (PASSWORD, "short", "short", "password"),
    ):
        answer = ben.post("/settings/me/password", old=old, new=new, again=again)
        assert answer.status_code == 400
        assert said in answer.text
    assert is_in(screens, second)
    done = ben.post("/settings/me/password", old=PASSWORD, new=better, again=better)
    assert done.status_code == 303
    assert ben.get("/settings/me").status_code == 200
    assert not is_in(screens, first)
    assert not is_in(screens, second)
    with screens.work() as work:
        user = screens.world.users["ben"]
        kept = select(CREDENTIAL.c.sign_in).where(CREDENTIAL.c.user_id == user)
        name = work.connection.execute(kept).scalar_one()
        sessions.set_password(work, user, name, PASSWORD)
    screens.sessions.pop("ben", None)


def test_sessions_are_listed_and_ended(screens: Screens) -> None:
    ben, mine = signed_in(screens, "ben", AGENTS[0][0] or "")
    _, edge = signed_in(screens, "ben", AGENTS[1][0] or "")
    other, theirs = screens.client("anna"), ""
    cookie = other.http.get_cookie("xrm_session")
    theirs = cookie.value if cookie is not None else ""
    text = ben.get("/settings/me").text
    assert "Firefox on Linux</b> <span" in text
    found = re.search(r'name="id" value="(\w+)"><button[^>]*Edge on Windows', text)
    assert found is not None
    ben.post("/settings/me/sessions", id=sessions.hashed(theirs))
    assert is_in(screens, theirs)
    ben.post("/settings/me/sessions", id=found.group(1))
    assert not is_in(screens, edge)
    assert "Edge on Windows" not in ben.get("/settings/me").text
    ben.post("/settings/me/sessions")
    assert is_in(screens, mine)
    assert is_in(screens, theirs)
    screens.sessions.pop("ben", None)


def test_a_token_is_shown_once_and_revoked(screens: Screens) -> None:
    anna = screens.client("anna")
    anna.get("/settings/me")
    answer = anna.post("/settings/me/tokens", name="", scope="read", days="")
    assert answer.status_code == 400
    assert "A token needs a name" in answer.text
    answer = anna.post("/settings/me/tokens", name="Nightly", scope="read", days="x")
    assert "Type the number of days as digits" in answer.text
    assert 'value="Nightly"' in answer.text
    answer = anna.post("/settings/me/tokens", name="Nightly", scope="read", days="30")
    shown = re.search(r'aria-label="The token">(xrm_[\w-]+)<', answer.text)
    assert shown is not None
    assert answer.headers["Cache-Control"] == "no-store"
    text = anna.get("/settings/me").text
    assert shown.group(1) not in text
    assert re.search(
        r"Nightly</b>.*?reads only · made .* · never used · ends", text, re.S
    )
    with screens.work() as work:
        assert not tokens.actor_of_token(work, shown.group(1)).tasks
    id_ = re.search(r"/settings/me/tokens/([0-9a-f-]{36})/revoke", text)
    assert id_ is not None
    carla = screens.client()
    carla.get("/settings/me")
    carla.post(f"/settings/me/tokens/{id_.group(1)}/revoke")
    assert "Revoke Nightly" in anna.get("/settings/me").text
    anna.post(f"/settings/me/tokens/{id_.group(1)}/revoke")
    assert "revoked" in anna.get("/settings/me").text


def test_an_api_token_may_not_change_settings(screens: Screens) -> None:
    """Else a token that only reads could make one that does everything."""
    with screens.work() as work:
        user = screens.world.users["anna"]
        text = tokens.create_token(work, user, "x", scopes=["read"])
    http = screens.app.test_client()
    head = {"Authorization": f"Bearer {text}"}
    assert http.get("/settings/me", headers=head).status_code == 403
    for address in ("", "/tokens", "/password", "/sessions"):
        data = {"name": "more", "scope": "read write", "theme": "dark"}
        answer = http.post(f"/settings/me{address}", headers=head, data=data)
        assert answer.status_code == 403
    with screens.work() as work:
        assert [t.name for t in tokens.tokens_of(work, user) if t.name == "more"] == []


def test_an_old_token_is_not_valid(screens: Screens) -> None:
    with screens.work("anna") as work:
        user = work.actor.user_id
        tokens.create_token(work, user, "Old", days=1)
        later = work.now + timedelta(days=2)
    with screens.work("anna", now=later) as work:
        old = [t for t in tokens.tokens_of(work, user) if t.name == "Old"]
    line = settings_page._token(old[0], READER)
    assert line.scope == "everything you may do"
