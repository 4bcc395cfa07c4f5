"""Who may use the gateway."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from tandem.cli.display import console
from tandem.cli.surroundings import read_settings
from tandem.local.layout import Layout
from tandem.local.platform import Platform

if TYPE_CHECKING:
    from tandem.records.tokens import Tokens

app = typer.Typer(help="Make, list and revoke the tokens of the gateway.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def create(
    role: Annotated[
        Literal["reader", "submitter", "admin"],
        typer.Option(help="reader looks; submitter also asks for analyses; admin also imports and deletes."),
    ],
    name: Annotated[str | None, typer.Option(help="By what you will know it.")] = None,
) -> None:
    """Make a token and print it, once."""
    from tandem.records.tokens import Role

    with closing(_open()) as tokens:
        token, text = tokens.create(Role(role), name)
    console.print(text, highlight=False, soft_wrap=True)
    said = f"This is '{token.name}', a token of the role {token.role}. It is shown only now; keep it in a safe place."
    typer.echo(said, err=True)


@app.command("list")
def list_() -> None:
    """List the tokens there are."""
    with closing(_open()) as tokens:
        found = tokens.list()
    if not found:
        console.print("There is no token: on this machine the gateway asks for none.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in ("id", "name", "role", "made", "state"):
        table.add_column(title)
    for token in found:
        state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "in force"
        table.add_row(token.id, token.name, token.role, f"{token.created_at:%Y-%m-%d %H:%M}", state)
    console.print(table)


@app.command()
def revoke(token: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Let a token be good for nothing from now on."""
    with closing(_open()) as tokens:
        tokens.revoke(token)
    console.print(f"'{token}' is revoked.", markup=False)


@app.command()
def forget() -> None:
    """Remove every token, so that the gateway of this machine asks for none again."""
    with closing(_open()) as tokens:
        tokens.forget()
    console.print("There is no token any more: on this machine the gateway asks for none.")


def _open() -> "Tokens":
    """The tokens of the record in use: the one of the platform here, unless the environment names another."""
    from tandem.records.tokens import open_tokens  # SQL takes long to load, and most commands do without

    settings = read_settings()
    named = settings.database_url_given is not None and (
        settings.queue_url is not None or Platform(settings).running_plan() is None
    )
    if not named:
        settings = settings.model_copy(update={"database_url_given": f"sqlite:///{Layout.of(settings).record}"})
    return open_tokens(settings)
