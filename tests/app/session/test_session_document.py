"""Session documents in files: whole or absent, of every version, and opened up to their damage."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from app.session.document import SessionDocument, load_document, require_model, save_document
from app.session.edits import AddHandle, Blend, ReturnTo, Steps, Unit
from app.session.replay import replay
from gan.errors import EditError
from tests.app.documents import a_document
from tests.app.tiny import tiny_generator


def test_a_document_survives_its_file(tmp_path: Path) -> None:
    document = a_document()
    save_document(tmp_path / "deep" / "session.json", document)
    assert load_document(tmp_path / "deep" / "session.json") == document
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["session.json"]


def test_fields_of_later_versions_are_ignored(tmp_path: Path) -> None:
    fields = msgspec.to_builtins(a_document()) | {"stickers": [1, 2]}
    (tmp_path / "s.json").write_bytes(msgspec.json.encode(fields))
    assert load_document(tmp_path / "s.json") == a_document_like(fields)


def a_document_like(fields: dict[str, object]) -> SessionDocument:
    return msgspec.convert(fields, SessionDocument)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 7}, "version 7.*up to 6.*update"),
        ({"version": 0}, "version 0"),
        ({"format": "other"}, "not a LiveDrag session"),
        ({"edits": []}, "first edit must be a start"),
        ({"edits": [{"edit": "steps", "count": 3}]}, "first edit must be a start"),
        ({"edits": [{"edit": "start-from-seed", "seed": -1}]}, "damaged"),
        ({"edits": [{"edit": "start-from-seed", "seed": 1}, {"edit": "dance"}]}, "damaged.*dance"),
        ({"edits": [{"edit": "start-from-seed", "seed": 1}, {"edit": "steps", "count": 10**15}]}, "damaged"),
        (
            {
                "edits": [
                    {"edit": "start-from-seed", "seed": 1},
                    {"edit": "set-params", "params": {"learning_rate": 5}},
                ]
            },
            "learning_rate",
        ),
        ({"model": None}, "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(a_document()) | change))
    with pytest.raises(EditError, match=message) as raised:
        load_document(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b"null", b'{"format": 3}'])
def test_damaged_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(data)
    with pytest.raises(EditError) as raised:
        load_document(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(EditError, match="check the path"):
        load_document(tmp_path / "none.json")


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    save_document(path, a_document())
    data = path.read_bytes().rstrip()
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(EditError):
            load_document(path)


def test_another_model_is_refused_by_name() -> None:
    document = a_document()
    require_model(document, tiny_generator())
    with pytest.raises(EditError, match="--model"):
        replay(document, tiny_generator(seed=2))


def test_a_contradictory_session_is_refused() -> None:
    document = a_document()
    twice = msgspec.structs.replace(document, edits=[*document.edits, AddHandle(0, (1, 1), (2, 2))])
    with pytest.raises(EditError, match=r"its edit 7 cannot be done: .* in use"):
        replay(twice, tiny_generator())


def test_a_failing_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.json"
    save_document(path, a_document())
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    changed = msgspec.structs.replace(a_document(), created="later")
    with pytest.raises(EditError, match="No space left"):
        save_document(path, changed)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.json"]


# versions


STORED = Path(__file__).parents[1] / "sessions"


@pytest.mark.parametrize(
    ("version", "position", "pictures", "undo", "handle"),
    [
        (1, 13, 14, "new seed", (11.25, 10.25)),
        (2, 6, 17, "back to picture 6", (5.5, 9.0)),
        (3, 6, 17, "back to picture 6", (7.75, 9.75)),
        (4, 6, 17, "back to picture 6", (6.5, 8.75)),
        (5, 6, 17, "back to picture 6", (7.75, 10.25)),
        (6, 6, 17, "back to picture 6", (7.75, 10.0)),
    ],
)
def test_sessions_of_every_version_open(
    version: int, position: int, pictures: int, undo: str, handle: tuple[float, float]
) -> None:
    """One stored file for each version: a format that changes without a new version fails here."""
    document = load_document(STORED / f"version-{version}.json")
    assert document.version == version
    session = replay(document, tiny_generator())
    assert (session.position, session.position_count, session.undo_label) == (position, pictures, undo)
    assert session.session.handles[0].tolist() == pytest.approx(handle, abs=1.0)
    assert [mark.name for mark in session.bookmarks] == (["half way", "turned"] if version > 1 else [])
    edits = session.document().edits
    assert edits == document.on(session.generator).edits
    assert version < 3 or edits == document.edits
    assert session.document().version == 6


# damage


def test_a_cut_session_opens_up_to_the_damage(tmp_path: Path) -> None:
    path, document = tmp_path / "s.json", a_document()
    save_document(path, document)
    data = path.read_bytes().rstrip()
    opened: set[int] = set()
    first_edit_end = data.index(b"}", data.index(b'"start-from-seed"')) + 1
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        damages: list[str] = []
        if length < first_edit_end:
            with pytest.raises(EditError) as raised:
                load_document(path, damages.append)
            assert "\n" not in str(raised.value)
            continue
        left = load_document(path, damages.append)
        assert left.edits == document.edits[: len(left.edits)]
        assert len(damages) == 1
        assert "damaged" in damages[0]
        assert "\n" not in damages[0]
        replay(left, tiny_generator())
        opened.add(len(left.edits))
    assert opened >= set(range(1, len(document.edits)))


def test_damage_in_the_middle_loses_only_what_follows(tmp_path: Path) -> None:
    path, document = tmp_path / "s.json", a_document()
    save_document(path, document)
    path.write_bytes(path.read_bytes().replace(b'"add-handle"', b'"add-h\xff\x00dle"'))
    damages: list[str] = []
    assert load_document(path, damages.append).edits == document.edits[:3]
    assert damages == [str(damages[0])]


def test_a_contradiction_ends_the_session_before_it() -> None:
    document = a_document()
    edits = [*document.edits, AddHandle(0, (1, 1), (2, 2)), Steps(2)]
    damages: list[str] = []
    twice = msgspec.structs.replace(document, edits=edits)
    session = replay(twice, tiny_generator(), on_damage=damages.append)
    assert session.session.iteration == 3
    assert session.document().edits == document.edits
    assert len(damages) == 1
    assert "its edit 7 cannot be done" in damages[0]


def test_pictures_that_are_not_there_are_damage() -> None:
    document = a_document()
    for edit in (ReturnTo(9), Blend(0, 9, 0.5), Unit("x", after=8)):
        edits = [*document.edits, Unit("x"), edit]
        with pytest.raises(EditError, match="damaged"):
            replay(msgspec.structs.replace(document, edits=edits), tiny_generator())
    with pytest.raises(EditError, match="unit 7"):
        replay(msgspec.structs.replace(document, now=7), tiny_generator())
