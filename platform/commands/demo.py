"""The command `demo`: a database with examples, served at once."""

import click

from xrm.platform.commands.program import Program, progress
from xrm.platform.commands.serving import PORT, run_server


@click.command()
@click.option("--port", default=PORT, show_default=True, help="Port to serve on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address.")
@click.option("--data", "data_dir", metavar="DIR", help="Folder of the data.")
@click.option("--no-serve", is_flag=True, help="Make the database, then stop.")
@click.option(
    "--scale",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How many times the examples are wanted, to try the program under load.",
)
@click.pass_obj
def demo(
    program: Program,
    port: int,
    host: str,
    data_dir: str | None,
    no_serve: bool,
    scale: int,
) -> None:
    """Make a database with the CRM, examples and users to sign in as, and serve it.

    Running it again keeps what is there. The password of the users is that of
    XRM_DEMO_PASSWORD, or one that is printed here.
    """
    if data_dir:
        program.overrides["data_dir"] = data_dir
    database = program.database(initialised=False)
    settings = program.settings
    with progress("Preparing the demonstration") as done:
        made = program.wiring["demo"](
            settings, database, scale, lambda step, steps, what: done(step, steps)
        )
    click.echo("The demonstration is ready." if made.is_new else "Welcome back.")
    click.echo(f"Address   http://{host}:{port}/")
    click.echo(f"Password  {made.password}   (the same for every user)")
    for name, what in made.users:
        click.echo(f"User      {name:<12}  {what}")
    if not no_serve:
        run_server(settings, database, host=host, port=port)
