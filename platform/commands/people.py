"""Commands about people: users, API tokens, roles."""

import sys
from uuid import UUID

import click

from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    report,
    stop,
    table,
)
from xrm.platform.query.query import Order, Query
from xrm.platform.query.run import rows
from xrm.platform.security import sessions, tokens
from xrm.platform.services import people
from xrm.rule_engine import core_names

PASSWORD_FROM_INPUT = "Read the password from standard input instead of asking for it."


@click.group(cls=Commands)
def user() -> None:
    """Add users, change passwords, let people in or keep them out."""


@user.command("add")
@click.argument("name")
@click.option("--first-name", default="", help="First name.")
@click.option("--last-name", default="", help="Last name; NAME when left out.")
@click.option("--email", default="", help="Mail address.")
@click.option("--unit", default="", help="Business unit; the topmost when left out.")
@click.option("--role", "roles", multiple=True, help="Role; may be repeated.")
@click.option("--no-password", is_flag=True, help="Only API tokens can sign in.")
@click.option("--password-stdin", is_flag=True, help=PASSWORD_FROM_INPUT)
@click.pass_obj
def user_add(
    program: Program,
    name: str,
    first_name: str,
    last_name: str,
    email: str,
    unit: str,
    roles: tuple[str, ...],
    no_password: bool,
    password_stdin: bool,
) -> None:
    """Add the user NAME. The password is asked for."""
    program.database()
    password = "" if no_password else _password(password_stdin)
    with program.work("xrm user add") as work:
        people.add_user(
            work,
            name,
            first_name=first_name,
            last_name=last_name,
            email=email,
            unit=unit,
            roles=roles,
            password=password,
        )
    given = f" with the roles {', '.join(roles)}" if roles else " without any role"
    click.echo(f"User {name} added{given}.")
    if not roles:
        click.echo(f"Next: xrm role grant {name} ROLE", err=True)


@user.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help=PASSWORD_FROM_INPUT)
@click.pass_obj
def user_password(program: Program, name: str, password_stdin: bool) -> None:
    """Give the user NAME a new password; all sessions of the user end."""
    program.database()
    password = _password(password_stdin)
    with program.work("xrm user password") as work:
        sessions.set_password(work, people.find_user(work, name), name, password)
    click.echo(f"The password of {name} is changed.")


@user.command("disable")
@click.argument("name")
@click.option("--enable", is_flag=True, help="Let the user in again.")
@click.pass_obj
def user_disable(program: Program, name: str, enable: bool) -> None:
    """Keep the user NAME out: sessions end, tokens stop working."""
    with program.work("xrm user disable") as work:
        people.set_disabled(work, people.find_user(work, name), not enable)
    click.echo(f"User {name} is {'enabled' if enable else 'disabled'}.")


@user.command("list")
@json_option
@click.pass_obj
def user_list(program: Program, as_json: bool) -> None:
    """List the users."""
    with program.work("xrm user list", write=False) as work:
        key = work.catalog.entity(core_names.USER).key
        query = Query(
            core_names.USER,
            (key, people.SIGN_IN_FIELD, "fullname", "isdisabled"),
            order=(Order(people.SIGN_IN_FIELD),),
        )
        found = [
            {
                "id": row[key],
                "name": row[people.SIGN_IN_FIELD],
                "full_name": row["fullname"],
                "disabled": bool(row["isdisabled"]),
            }
            for row in rows(work, query)
        ]
    lines = [
        (u["name"], u["full_name"], "disabled" if u["disabled"] else "") for u in found
    ]
    text = table(("Name", "Full name", ""), lines) if found else "There are no users."
    report(as_json, found, text)


def _password(from_input: bool) -> str:
    if from_input:
        text = sys.stdin.readline().rstrip("\r\n")
        if not text:
            stop("Standard input has no password in its first line.")
        return text
    asked: str = click.prompt(
        "Password", hide_input=True, confirmation_prompt=True, err=True
    )
    return asked


@click.group(cls=Commands)
def token() -> None:
    """Make and end API tokens."""


@token.command("create")
@click.option("--user", "name", required=True, help="Whose rights the token has.")
@click.option("--name", "label", default="xrm token create", help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(tokens.SCOPES)),
    help="Let it do only this; may be repeated.",
)
@click.option("--days", type=click.IntRange(1, 3660), help="Days until it ends.")
@click.pass_obj
def token_create(
    program: Program,
    name: str,
    label: str,
    scopes: tuple[str, ...],
    days: int | None,
) -> None:
    """Make a token and print it alone; nobody can see it again."""
    with program.work("xrm token create") as work:
        user_id = people.find_user(work, name)
        text = tokens.create_token(work, user_id, label, scopes=scopes, days=days)
    click.echo(text)


@token.command("list")
@click.option("--user", "name", required=True, help="Whose tokens.")
@json_option
@click.pass_obj
def token_list(program: Program, name: str, as_json: bool) -> None:
    """List the tokens of a user; their texts are not kept."""
    with program.work("xrm token list", write=False) as work:
        found = tokens.tokens_of(work, people.find_user(work, name))
    data = [
        {
            "id": one.id,
            "name": one.name,
            "scopes": one.scopes,
            "created_on": one.created_on,
            "expires_on": one.expires_on,
            "used_on": one.used_on,
            "revoked_on": one.revoked_on,
        }
        for one in found
    ]
    lines = [
        (one.id, one.name, "revoked" if one.revoked_on else "", one.used_on or "never")
        for one in found
    ]
    empty = f"{name} has no tokens."
    text = table(("Id", "Name", "", "Last used"), lines) if found else empty
    report(as_json, data, text)


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
@click.pass_obj
def token_revoke(program: Program, token_id: UUID) -> None:
    """End a token at once; its id is shown by `xrm token list`."""
    with program.work("xrm token revoke") as work:
        tokens.revoke_token(work, token_id)
    click.echo("The token is revoked.")


@click.group(cls=Commands)
def role() -> None:
    """Give roles to users and take them away."""


@role.command("grant")
@click.argument("name")
@click.argument("role_name", metavar="ROLE")
@click.pass_obj
def role_grant(program: Program, name: str, role_name: str) -> None:
    """Give the user NAME the role ROLE."""
    with program.work("xrm role grant") as work:
        is_new = people.grant_role(work, people.find_user(work, name), role_name)
    had = "" if is_new else " already"
    click.echo(f"{name} has the role {role_name}{had}.")


@role.command("revoke")
@click.argument("name")
@click.argument("role_name", metavar="ROLE")
@click.pass_obj
def role_revoke(program: Program, name: str, role_name: str) -> None:
    """Take the role ROLE from the user NAME."""
    with program.work("xrm role revoke") as work:
        had = people.take_role(work, people.find_user(work, name), role_name)
    click.echo(
        f"{name} no longer has the role {role_name}."
        if had
        else f"{name} did not have the role {role_name}."
    )


@role.command("list")
@json_option
@click.pass_obj
def role_list(program: Program, as_json: bool) -> None:
    """List the roles of the installed solutions."""
    with program.work("xrm role list", write=False) as work:
        found = [
            {"name": name, "label": made.label, "description": made.description}
            for name, made in sorted(work.catalog.roles.items())
        ]
    lines = [(r["name"], r["label"], r["description"]) for r in found]
    text = table(("Name", "Label", ""), lines) if found else "There are no roles."
    report(as_json, found, text)
