"""A value that begins with a dash, or is missing, is told as any other: what was given, what is allowed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import build_parser
from tests.app.command_line import refused

DASHED = "-x"


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and its parser; "" is the window."""
    parser = build_parser()
    yield "", parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def actions() -> list[tuple[str, argparse.Action]]:
    """Every action of every command; those without a name are no options."""
    return [(command, action) for command, parser in commands() for action in parser._actions]


def options() -> list[tuple[str, argparse.Action]]:
    """Those that take a value."""
    return [
        (command, action)
        for command, action in actions()
        if action.option_strings and action.nargs in (None, "?") and action.dest != "help"
    ]


def is_read(action: argparse.Action) -> bool:
    """Whether not every text is a value: it is of one kind, or one of a few."""
    return action.choices is not None or action.type not in (None, str, Path)


def test_there_are_options_to_test() -> None:
    read = {action.option_strings[0] for _, action in options() if is_read(action)}
    assert {"--minutes", "--psi", "--drag", "--video", "--display", "--evaluate-every"} <= read


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, action.option_strings[0]) for command, action in options() if is_read(action)],
)
def test_a_value_that_begins_with_a_dash(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, *command.split(), option, DASHED)
    assert f"argument {option}: " in line
    assert f"'{DASHED}'" in line, "what was given"
    assert "; give " in line or "choose from" in line, "what is allowed"
    assert f"see 'livedrag {command}".rstrip() in line


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, action.option_strings[0]) for command, action in options() if action.nargs is None],
)
@pytest.mark.parametrize("behind", [[], ["--json"]])
def test_a_value_that_is_missing(
    command: str, option: str, behind: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, *command.split(), option, *behind)
    assert f"argument {option}: no value was given; give " in line
    assert f"see 'livedrag {command}".rstrip() in line


def test_any_text_may_begin_with_a_dash() -> None:
    parsed = build_parser().parse_args(
        ["train", "--critters", "--name", "-x", "--out", "-y", "--licence=--z"]
    )
    assert (parsed.name, parsed.out, parsed.licence) == ("-x", Path("-y"), "--z")


def test_a_value_may_be_left_out_where_it_may() -> None:
    edit = ["edit", "--drag", "-1,3:9,9", "--out", "o"]
    parsed = build_parser().parse_args([*edit, "--picture", "jpg", "--video", "--seed", "3"])
    assert (parsed.picture, parsed.video, parsed.seed) == ("jpg", "mp4", 3)
    assert parsed.drag == [((-1, 3), (9, 9))]


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, name)
        for command, action in actions()
        for name in action.option_strings
        if name.startswith("--") and action.help != argparse.SUPPRESS
    ],
)
def test_an_option_is_written_in_full(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Else a script that shortens one breaks when another is added that begins alike."""
    short = option[:-1]
    for argument in ([short], [short, "3"], [f"{short}=3"]):
        line = refused(capsys, *command.split(), *argument)
        assert f"there is no option {short}; near it: " in line
        assert option in line.partition("near it: ")[2]
        assert f"see 'livedrag {command}".rstrip() in line


def test_an_option_that_is_like_none_names_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "convert", "a", "b", "--zyx")
    assert line.startswith("livedrag: there is no option --zyx; there are --help")


@pytest.mark.parametrize("option", ["--zyx", "--scripted-dra", "--overlay"])
def test_options_that_the_help_keeps_to_itself_are_not_named(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, option)
    assert f"there is no option {option}; " in line
    assert "--scripted-drag" not in line
    assert "--overlays" not in line


def test_what_the_window_takes_is_not_read_into_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "inspect", "file", "--record")
    assert "there is no option --record; there are --help" in line
    assert "see 'livedrag inspect --help'" in line
