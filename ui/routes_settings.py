"""Know the routes of a person's own settings: looks, password, sessions, tokens.

Only a signed-in browser gets here, no API token: a token that only reads must not make
one that changes.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, request

from xrm.platform.errors import Forbidden, Invalid, NotFound, TooMany
from xrm.platform.security import sessions, tokens
from xrm.platform.services import preferences
from xrm.platform.web import (
    Right,
    count_sign_in,
    request_credential,
    right,
    set_session_cookie,
)
from xrm.ui import settings_page, shell
from xrm.ui.responses import DENSITY_COOKIE, THEME_COOKIE, page, redirect, remember
from xrm.ui.shell import Link
from xrm.ui.visit import Visit, visit

settings_pages = Blueprint("settings", __name__)
HERE = "/settings/me"
TEXTS = ("locale", "time_zone", "date_format", "theme", "density", "start")
DEFAULTS = {"date_format": "medium", "density": "compact", "theme": "auto"}


@settings_pages.get(HERE)
@right(Right.SIGNED_IN)
def show() -> Response:
    """Show the person's settings."""
    with visit() as seen:
        return _page(seen)


@settings_pages.post(HERE)
@right(Right.SIGNED_IN)
def save() -> Response:
    """Keep how things look and read for this person."""
    _token_of_browser()
    given = {name: request.form.get(name, "").strip() for name in TEXTS}
    size = request.form.get("page_size", "")
    try:
        with visit(write=True) as seen:
            for name, value in given.items():
                if name in request.form:
                    kept = None if value == DEFAULTS.get(name, "") else value or None
                    preferences.put(seen.work, name, kept)
            if size:
                number = int(size) if size.isdigit() and len(size) < 5 else 0
                preferences.put(seen.work, "page_size", number)
    except Invalid as fault:
        return _again(fault.message, "look", given)
    flash("Your settings are saved.", "green")
    response = redirect(HERE)
    if "theme" in request.form:
        remember(response, THEME_COOKIE, given["theme"] or "auto")
    if "density" in request.form:
        remember(response, DENSITY_COOKIE, given["density"] or "compact")
    return response


@settings_pages.post(f"{HERE}/password")
@right(Right.SIGNED_IN)
def change_password() -> Response:
    """Change the password; every other browser is signed out."""
    _token_of_browser()
    new = request.form.get("new", "")
    try:
        count_sign_in()
        if new != request.form.get("again", ""):
            raise Invalid("The two new passwords differ. Type it twice alike.")
        with visit(write=True) as seen:
            user = seen.actor.user_id
            sessions.change_password(seen.work, user, request.form.get("old", ""), new)
            made = sessions.begin_session(
                seen.work,
                user,
                request.remote_addr,
                request.headers.get("User-Agent", "")[:200],
            )
    except (Invalid, TooMany) as fault:
        return _again(fault.message, "password")
    flash("Your password is changed. Other browsers are signed out.", "green")
    response = redirect(HERE)
    set_session_cookie(response, made.token)
    return response


@settings_pages.post(f"{HERE}/sessions")
@right(Right.SIGNED_IN)
def end_sessions() -> Response:
    """End one of the person's sessions, or all but this one."""
    token = _token_of_browser()
    id_ = request.form.get("id", "")
    with visit(write=True) as seen:
        user = seen.actor.user_id
        if id_:
            sessions.end_session(seen.work, user, id_)
        else:
            sessions.end_sessions(seen.work, user, keep=token)
    flash("That browser is signed out." if id_ else "Other browsers are out.", "green")
    return redirect(f"{HERE}#sessions")


@settings_pages.post(f"{HERE}/tokens")
@right(Right.SIGNED_IN)
def create_token() -> Response:
    """Make an API token and show its text, this once."""
    _token_of_browser()
    name, days = request.form.get("name", ""), request.form.get("days", "").strip()
    scope = request.form.get("scope", "")
    typed = {"name": name[:200], "days": days[:5], "scope": scope}
    try:
        if days and not (days.isdigit() and len(days) < 6):
            raise Invalid("Type the number of days as digits, or leave it empty.")
        with visit(write=True) as seen:
            made = tokens.create_token(
                seen.work,
                seen.actor.user_id,
                name,
                scopes=scope.split() or ["read"],
                days=int(days) if days else None,
            )
    except Invalid as fault:
        return _again(fault.message, "token", typed)
    with visit() as seen:
        response = _page(seen, new_token=made)
    response.headers["Cache-Control"] = "no-store"
    return response


@settings_pages.post(f"{HERE}/tokens/<uuid:token>/revoke")
@right(Right.SIGNED_IN)
def revoke_token(token: UUID) -> Response:
    """End one of the person's API tokens."""
    _token_of_browser()
    try:
        with visit(write=True) as seen:
            tokens.revoke_token(seen.work, token, seen.actor.user_id)
        flash("The token is revoked. Programs that use it are refused.", "green")
    except NotFound as fault:
        flash(fault.message, "yellow")
    return redirect(f"{HERE}#tokens")


def _token_of_browser() -> str:
    """Return the text of the session's token.

    Raises:
        Forbidden: an API token asks.
    """
    credential = request_credential()
    if credential is None or credential.kind != "session":
        raise Forbidden("Settings are changed in a browser that is signed in.")
    return credential.secret


def _again(message: str, at: str, typed: Mapping[str, str] | None = None) -> Response:
    with visit() as seen:
        response = _page(seen, fault=message, fault_at=at, typed=typed)
    response.status_code = HTTPStatus.BAD_REQUEST
    return response


def _page(seen: Visit, **more: Any) -> Response:
    token = _token_of_browser()
    user = seen.actor.user_id
    made = settings_page.build(
        seen.actor.name,
        preferences.all_of(seen.work),
        seen.reader,
        sessions.sessions_of(seen.work, user),
        sessions.hashed(token),
        tokens.tokens_of(seen.work, user),
        _starts(seen),
        **more,
    )
    return page("settings/me.html", shell=seen.shell(title="My settings"), me=made)


def _starts(seen: Visit) -> list[Link]:
    """Return the pages a person may begin with: the home and lists of each app."""
    catalog, actor = seen.work.catalog, seen.actor
    found = []
    for app in shell.apps_of(catalog, actor):
        for group in shell.build(catalog, actor, app.name).groups:
            found += [
                Link(f"{app.label}: {link.label}", link.href, link.icon)
                for link in group.links
            ]
    return found
