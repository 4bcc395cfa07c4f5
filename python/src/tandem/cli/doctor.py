"""One page: what is wrong here, and what to do."""

import typer
from rich.table import Table
from rich.text import Text

from tandem.cli.display import console
from tandem.cli.surroundings import open_platform


def doctor() -> None:
    """Say what is wrong here, and what to do."""
    from tandem.local.examination import examine  # JSON Schema takes long to load, and most commands do without

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    wrong = 0
    with console.status("looking"):
        for finding in examine(open_platform()):
            mark = Text("●", style="green") if finding.fine else Text("✗", style="red")
            table.add_row("", mark, finding.what, Text(finding.detail))
            if not finding.fine:
                wrong += 1
                table.add_row("", "", "", Text(f"→ {finding.remedy}", style="yellow"))
    console.print(table)
    console.print("\n  All is well." if not wrong else f"\n  {wrong} to put right.")
    raise typer.Exit(1 if wrong else 0)
