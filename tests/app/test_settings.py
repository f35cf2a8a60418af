"""The settings file: what is read, what is refused and how, what is written and what is left alone."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from app import events
from app.actions import ACTIONS
from app.settings import Layout, Settings, settings_from
from app.settings_desk import SettingsDesk
from app.settings_file import SettingsFile
from app.state import AppState
from tests.app.fakes import make_app


def test_no_file_gives_the_defaults_and_no_line(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    assert file.settings == Settings()
    assert file.problems == []


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.toml"
    settings = Settings(
        theme="light",
        scale=1.5,
        visible_mark=False,
        vsync=True,
        latency_hiding=False,
        keys={"undo": "Ctrl+U"},
        panels={"Mask": True},
        layout=Layout(-30, 50, 1000, 700, 400, True),
    )
    assert SettingsFile(path).write(settings) is None
    again = SettingsFile(path)
    assert again.settings == settings
    assert again.problems == []


def test_a_new_file_lists_every_setting_and_every_action(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    SettingsFile(path).write(Settings(layout=Layout(width=900)))
    text = path.read_text(encoding="utf-8")
    for name in ("theme", "scale", "visible_mark", "latency_hiding", *(action.id for action in ACTIONS)):
        assert f"# {name} = " in text
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines()[2:] if " = " in line)
    assert tomllib.loads(uncommented)["keys"]["undo"] == "Ctrl+Z"  # a comment taken away leaves a good line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('theme = "pink"', "theme = 'pink': allowed is \"dark\" or \"light\"; 'dark' is used"),
        ("scale = 9", "scale = 9: allowed is \"automatic\" or 1.0 to 2.5; 'automatic' is used"),
        ("scale = nan", "scale = nan: allowed is \"automatic\" or 1.0 to 2.5; 'automatic' is used"),
        ("vsync = 1", "vsync = 1: allowed is true or false; False is used"),
        ("visibel_mark = true", "visibel_mark: there is no such setting; near it: visible_mark"),
        ("keys = 3", "keys = 3 is no table; write [keys] above its entries"),
        ("keys.undo = 3", 'keys.undo = 3: allowed is such as "Ctrl+Z"; the default is used'),
        ("panels.Mask = 'yes'", "panels.Mask = 'yes': allowed is true or false; the default is used"),
        ("layout = []", "layout = [] is no table; write [layout] above its entries"),
        ("layout.width = -4", "layout.width = -4: allowed is a whole number of px; 0 is used"),
        ("layout.wide = 4", "layout.wide: there is no such setting; near it: width"),
    ],
)
def test_a_wrong_entry_costs_one_line_and_its_own_default_only(text: str, line: str) -> None:
    settings, problems = settings_from(tomllib.loads(f"latency_hiding = false\n{text}"))
    assert len(problems) == 1
    assert problems[0].startswith(line)
    assert settings == Settings(latency_hiding=False)


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_a_broken_file_costs_one_line_and_is_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    file = SettingsFile(path)
    assert file.settings == Settings()
    assert len(file.problems) == 1
    assert "\n" not in file.problems[0]
    assert "the defaults are used, the file stays as it is" in file.problems[0]
    file.write(Settings(theme="light"))
    assert path.read_bytes() == content


def test_comments_and_what_nobody_changed_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('# mine\nvsync = true  # my screen tears\nnonsense = 3\n[keys]\nundo = "U"  # one hand\n')
    file = SettingsFile(path)
    file.write(replace(file.settings, theme="light", layout=replace(file.settings.layout, width=900)))
    text = path.read_text()
    for kept in ("# mine", "vsync = true  # my screen tears", "nonsense = 3", 'undo = "U"  # one hand'):
        assert kept in text
    table = tomllib.loads(text)
    assert table["theme"] == "light"
    assert table["layout"] == {"width": 900}
    assert table["keys"] == {"undo": "U"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("vsync = true\n")
    (tmp_path / "settings.toml").symlink_to(target)
    file = SettingsFile(tmp_path / "settings.toml")
    file.write(replace(file.settings, theme="light"))
    assert (tmp_path / "settings.toml").is_symlink()
    assert tomllib.loads(target.read_text()) == {"vsync": True, "theme": "light"}


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "file" / "settings.toml")
    (tmp_path / "file").write_text("")
    problem = file.write(Settings(theme="light"))
    assert problem is not None
    assert "cannot be saved" in problem
    assert file.write(Settings(theme="light")) is None


def test_the_desk_changes_and_writes_when_it_has_rested(tmp_path: Path) -> None:
    now = [0.0]
    state = AppState(picture_size=(64, 64), model_name="")
    file = SettingsFile(tmp_path / "settings.toml")
    desk = SettingsDesk(state, file, lambda: now[0])
    desk.apply(events.ToggleTheme())
    desk.apply(events.ChangeScale(2))
    desk.apply(events.ToggleVisibleMark())
    desk.follow()
    assert not file.path.exists()
    now[0] = 2.0
    desk.follow()
    written = SettingsFile(file.path).settings
    assert (written.theme, written.scale, written.visible_mark) == ("light", 1.5, False)
    for _ in range(9):
        desk.apply(events.ChangeScale(1))
    assert state.window.scale == 2.5


def test_the_hint_of_the_first_drag_is_remembered_whatever_the_layout_says(tmp_path: Path) -> None:
    state = AppState(picture_size=(64, 64), model_name="")
    file = SettingsFile(tmp_path / "settings.toml")
    desk = SettingsDesk(state, file)
    desk.follow()
    assert not state.window.settings.layout.first_drag_done
    state.show_hint = False
    desk.follow()
    desk.apply(events.KeepLayout(Layout(width=1000), {"Mask": True}))
    desk.close()
    written = SettingsFile(file.path).settings
    assert written.layout.first_drag_done
    assert written.layout.width == 1000
    assert written.panels == {"Mask": True}


def test_the_mark_has_one_truth(tmp_path: Path) -> None:
    """The action and the Export panel switch the same; --no-mark, of one run, is not written."""
    app, _, _ = make_app()
    state = app.state
    state.export_choice = replace(state.export_choice, mark=False)  # as --no-mark does
    app.apply(events.ChooseExport(replace(state.export_choice, picture=".jpg")))
    assert state.window.settings.visible_mark
    app.apply(events.ToggleVisibleMark())
    assert (state.export_choice.mark, state.window.settings.visible_mark) == (True, True)
    app.apply(events.ToggleVisibleMark())
    assert (state.export_choice.mark, state.window.settings.visible_mark) == (False, False)
    app.apply(events.ChooseExport(replace(state.export_choice, mark=True)))
    assert (state.export_choice.mark, state.window.settings.visible_mark) == (True, True)
