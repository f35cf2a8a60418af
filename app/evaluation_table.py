"""An evaluation for a person to read: the models side by side, and which is better in each row."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from gan.evaluate.comparison import Row, compare
from gan.evaluate.results import Evaluation, ModelResult

MARK = "*"  # of the best value in a row


def print_table(evaluation: Evaluation, console: Console | None = None) -> None:
    """The table, then what it rests on and what was left out, on stdout."""
    console = console or Console()
    console.print(evaluation_table(evaluation))
    console.print(Group(*(Text(line) for line in said_beside(evaluation))))


def evaluation_table(evaluation: Evaluation) -> Table:
    """A column for every model; the best value of a row is marked. Then one for critters themselves."""
    masked = "" if evaluation.suite.movable_margin is None else " with masks"
    title = f"{evaluation.sample_count} samples, {evaluation.suite.drag_count} drags{masked}"
    table = Table(title=title)
    table.add_column("")
    for label in labels(evaluation.models):
        table.add_column(label, justify="right")
    critters = evaluation.critters
    if critters is not None:
        table.add_column(critters.name, justify="right")
    table.add_column("better is")
    for row in compare(evaluation.models):
        own = [] if critters is None else [row.measure.shown(row.measure.value(critters))]
        table.add_row(row.measure.label, *_cells(row), *own, row.measure.better)
    return table


def labels(models: tuple[ModelResult, ...]) -> list[str]:
    """A name for every model: its file's, with a number where two are the same."""
    names = [model.name for model in models]
    return [f"{name} ({i + 1})" if names.count(name) > 1 else name for i, name in enumerate(names)]


def said_beside(evaluation: Evaluation) -> list[str]:
    """What the numbers rest on, one line each."""
    lines: list[str] = []
    if len(evaluation.models) > 1:
        lines.append(f"{MARK} the best of its row")
    if evaluation.critters is not None:
        lines.append(
            "critters: what the renderer itself changes, when of all critters of the same look it renders "
            "the nearest whose landmark is at the target, or as near as it comes"
        )
    reader = evaluation.landmark_reader
    if reader is not None:
        lines.append(
            f"landmark reader: on renders that it has not seen {reader.mean:.2f} % of the width off on "
            f"average (median {reader.median:.2f}, one in ten above {reader.p90:.2f}; "
            f"on soft pictures {reader.soft_mean:.2f})"
        )
    for label, model in zip(labels(evaluation.models), evaluation.models, strict=True):
        if model.sample_inconsistency is not None:
            lines.append(
                f"{label}: on its samples the reader's landmarks follow a shift to within "
                f"{model.sample_inconsistency:.2f} % of the width"
            )
        lines.extend(f"{label}: {note}" for note in model.notes)
    minutes = sum(evaluation.cpu_seconds.values()) / 60
    lines.append(f"this run took {minutes:.1f} minutes of processor time")
    return lines


def _cells(row: Row) -> list[Text]:
    cells: list[Text] = []
    for i, value in enumerate(row.values):
        shown = row.measure.shown(value)
        cells.append(Text(f"{shown} {MARK}", style="bold") if i == row.best else Text(f"{shown}  "))
    return cells
