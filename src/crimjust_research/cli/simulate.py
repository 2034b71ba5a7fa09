"""The verb that writes SIMULATED records."""

from pathlib import Path

import click

from crimjust_research.cli.group import crimjust, say


@crimjust.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, required=True, metavar="N", help="Whole number that repeats every draw.")
@click.option(
    "--effect", type=float, default=1.5, show_default=True, help="Odds and hazard ratio of support; 1 is none."
)
@click.option(
    "--selection",
    type=float,
    default=1.0,
    show_default=True,
    help="How far stronger cases are likelier supported; 0 is support by lot.",
)
@click.option("--cases", type=int, default=2000, show_default=True, help="How many cases; the rest is in proportion.")
def simulate(folder: Path, seed: int, effect: float, selection: float, cases: int) -> None:
    """Write SIMULATED records of known truth into FOLDER.

    They are linked files of all eleven kinds of own records, to rehearse an evaluation on before there are real ones:
    truth.json tells what each estimate should find. FOLDER is new or empty.

    \b
    Examples:
      crimjust simulate rehearsal --seed 1
      crimjust simulate by_lot --seed 1 --selection 0 --effect 2
    """
    from crimjust_research.questions.own_records import simulation_files
    from crimjust_research.questions.own_records.effects import Effects
    from crimjust_research.questions.own_records.params import TRUTH

    found = simulation_files.write(folder, Effects.of(effect), seed, cases, selection)
    for kind, records in found.records.items():
        say(f"{kind}.csv: {len(records):,} SIMULATED {kind}")
    say(f"what is true of them: {folder / TRUTH}")
