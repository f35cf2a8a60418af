"""Parameters in a session: what the program chose is stored, what was asked for is what is shown."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.session.document import SessionDocument, decode_document, encode_document, load_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, SetParams, StartFromSeed, Steps, set_params_edit
from app.session.replay import replay
from app.session.upgrade import DEFAULTS_BEFORE_3, with_rows_of_version
from gan.drag_params import DragParams
from gan.errors import EditError
from tests.app.tiny import tiny_generator

STORED = Path(__file__).parents[1] / "sessions"


def dragged(params: DragParams | None = None) -> EditSession:
    session = EditSession(tiny_generator(), StartFromSeed(4), params)
    session.begin("drag")
    session.apply(AddHandle(0, (5, 6), (20, 21)))
    session.apply(Steps(3))
    return session


def reread(session: EditSession) -> SessionDocument:
    return decode_document(encode_document(session.document()), "it")


def test_a_session_runs_with_numbers_and_shows_what_was_asked() -> None:
    generator = tiny_generator()
    for session in (dragged(), replay(reread(dragged()), tiny_generator())):
        assert session.edited.asked == DragParams()
        assert session.session.params.optimised_row_count == DragParams().row_count(generator.num_ws)
        block = generator.architecture.default_feature_resolution
        assert session.session.params.feature_resolution == block


def test_another_rule_for_automatic_parameters_changes_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    session = dragged()
    document = reread(session)
    monkeypatch.setattr(DragParams, "row_count", _one_row_unless_given)
    assert torch.equal(replay(document, tiny_generator()).session.w_plus, session.session.w_plus)
    assert not torch.equal(dragged().session.w_plus, session.session.w_plus)


def _one_row_unless_given(params: DragParams, num_ws: int) -> int:
    return 1 if params.optimised_row_count is None else min(params.optimised_row_count, num_ws)


def test_what_was_asked_comes_back_with_undo_and_with_earlier_pictures() -> None:
    session = dragged()
    position = session.position
    asked = replace(DragParams(), optimised_row_count=2)
    session.begin("parameters")
    session.apply(SetParams(asked))
    session.apply(Steps(2))
    assert session.edited.asked == asked
    session.undo()
    assert session.edited.asked == DragParams()
    session.redo()
    assert session.edited.asked == asked
    session.return_to(position)
    assert session.edited.asked == DragParams()
    state = session.state_at(position + 2)
    assert state is not None
    assert state.asked == asked


def test_an_edit_of_a_session_asks_for_the_same_in_another_one() -> None:
    edit = dragged().document().edits[1]
    assert isinstance(edit, SetParams)
    other = dragged(replace(DragParams(), optimised_row_count=2))
    other.begin("parameters")
    other.apply(edit)
    assert other.edited.asked == DragParams()
    assert other.document().edits[-1] == edit


def test_a_refused_block_leaves_what_was_asked() -> None:
    session = dragged()
    with pytest.raises(EditError, match="128"):
        session.apply(SetParams(replace(DragParams(), feature_resolution=128)))
    assert session.edited.asked == DragParams()


def test_a_number_of_rows_beyond_the_generators_is_kept_as_given() -> None:
    edit = set_params_edit(replace(DragParams(), optimised_row_count=18), tiny_generator())
    assert edit.params.optimised_row_count == 18
    assert edit.automatic == ("feature_resolution",)


# older files


@pytest.mark.parametrize("version", [1, 2])
def test_older_sessions_step_in_plain_w_plus(version: int) -> None:
    initial = load_document(STORED / f"version-{version}.json").initial_params()
    assert initial is not None
    assert (initial.params.whitening, initial.params.learning_rate) == (0.0, 1e-2)
    assert initial.asked.feature_resolution is None


def old_file(**params: Any) -> bytes:
    fields = json.loads(encode_document(dragged().document()))
    fields["version"] = 2
    fields["edits"][1] = {"edit": "set-params", "params": params}
    return json.dumps(fields).encode()


THEN = DragParams(  # the defaults before version 3
    learning_rate=1e-2,
    momentum_shedding=0.0,
    latent_space="w+",
    optimised_row_count=None,
    row_fading=0.0,
    whitening=0.0,
    masked_whitening=0.0,
    supervision_radius=3.0,
    tracking_radius=12.0,
    mask_weight=20.0,
    mask_smoothing=0.0,
    order="supervise-then-track",
    tracking_norm="l2",
    tracking_kernel="bilinear",
    tracking_subdivision=4,
    stop_distance=1.0,
    minimum_stop_px=0.5,
    many_handle_count=0,
    supervised_beyond_px=0.25,
    feature_resolution=None,
)


def test_what_an_older_file_leaves_out_is_what_it_was_then() -> None:
    initial = decode_document(old_file(stop_distance=3.0), "it").initial_params()
    assert initial is not None
    assert initial.asked == replace(THEN, stop_distance=3.0)
    assert set(DEFAULTS_BEFORE_3) == set(asdict(THEN)), "a new one needs the value that it had then"


def without_params(document: bytes) -> bytes:
    fields = json.loads(document)
    del fields["edits"][1]
    return json.dumps(fields).encode()


def test_an_older_file_without_parameters_gets_those_of_its_time() -> None:
    document = decode_document(without_params(old_file()), "it")
    initial = document.initial_params()
    assert initial is not None
    assert initial.asked == THEN
    assert replay(document, tiny_generator()).step_count == 3


def test_damaged_older_files_too() -> None:
    for whole, expected in (
        (old_file(stop_distance=3.0), replace(THEN, stop_distance=3.0)),
        (without_params(old_file()), THEN),
    ):
        told: list[str] = []
        initial = decode_document(whole[:-4], "it", told.append).initial_params()
        assert told
        assert initial is not None
        assert initial.asked == expected


def test_an_older_session_that_is_saved_again_keeps_what_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = json.loads(old_file(stop_distance=3.0))
    fields["edits"] += [
        {"edit": "set-params", "params": {"stop_distance": 2.0}},
        {"edit": "steps", "count": 2},
    ]
    opened = replay(decode_document(json.dumps(fields).encode(), "it"), tiny_generator())
    for number in (1, -2):
        edit = json.loads(encode_document(opened.document()))["edits"][number]
        assert None not in edit["params"].values()
        assert edit["automatic"] == ["optimised_row_count", "feature_resolution"]
    document = reread(opened)
    monkeypatch.setattr(DragParams, "row_count", _one_row_unless_given)
    assert torch.equal(replay(document, tiny_generator()).session.w_plus, opened.session.w_plus)
    assert opened.edited.asked == replace(THEN, stop_distance=2.0)


def test_in_version_3_rows_did_not_fade_and_no_mask_was_smoothed() -> None:
    initial = load_document(STORED / "version-3.json").initial_params()
    assert initial is not None
    assert (initial.params.row_fading, initial.params.mask_smoothing) == (0.0, 0.0)
    assert initial.params.whitening == 0.75


def test_what_a_file_of_version_3_leaves_out_is_what_it_was_then() -> None:
    then = replace(THEN, learning_rate=1.4e-2, whitening=0.75, supervision_radius=6.0)
    fields = json.loads(old_file(stop_distance=3.0))
    fields["version"] = 3
    initial = decode_document(json.dumps(fields).encode(), "it").initial_params()
    assert initial is not None
    assert initial.asked == replace(then, stop_distance=3.0)
    del fields["edits"][1]
    opened = replay(decode_document(json.dumps(fields).encode(), "it"), tiny_generator())
    assert opened.edited.asked == then
    assert opened.session.params.optimised_row_count == 3


def test_in_version_4_a_drag_kept_all_of_its_momentum() -> None:
    document = load_document(STORED / "version-4.json")
    initial = document.initial_params()
    assert document.version == 4
    assert initial is not None
    assert initial.params.momentum_shedding == 0.0


def test_what_a_file_of_version_4_leaves_out_is_what_it_was_then() -> None:
    fields = json.loads(old_file(stop_distance=3.0))
    fields["version"] = 4
    initial = decode_document(json.dumps(fields).encode(), "it").initial_params()
    assert initial is not None
    assert initial.asked == DragParams(
        learning_rate=1.6e-2, stop_distance=3.0, momentum_shedding=0.0, tracking_kernel="bilinear"
    )


def test_in_version_5_features_were_tracked_bilinearly() -> None:
    initial = load_document(STORED / "version-5.json").initial_params()
    assert initial is not None
    assert initial.params.tracking_kernel == "bilinear"
    fields = json.loads(old_file(stop_distance=3.0))
    fields["version"] = 5
    initial = decode_document(json.dumps(fields).encode(), "it").initial_params()
    assert initial is not None
    assert initial.asked == DragParams(learning_rate=1.6e-2, stop_distance=3.0, tracking_kernel="bilinear")


@pytest.mark.parametrize(("num_ws", "rows"), [(18, 6), (16, 6), (14, 5), (12, 4), (10, 4)])
def test_automatic_rows_of_older_files_are_a_third_rounded_up(num_ws: int, rows: int) -> None:
    assert with_rows_of_version(THEN, 2, num_ws) == replace(THEN, optimised_row_count=rows)
    given = replace(THEN, optimised_row_count=2)
    assert with_rows_of_version(given, 2, num_ws) == given
    assert with_rows_of_version(THEN, 4, num_ws) == THEN


def test_an_older_session_opens_with_the_rows_of_its_time() -> None:
    opened = replay(decode_document(old_file(optimised_row_count=None), "it"), tiny_generator())
    assert opened.session.params.optimised_row_count == 3 != DragParams().row_count(8)
    assert opened.edited.asked.optimised_row_count is None


def test_a_session_that_has_no_parameters_has_them_once_it_is_opened() -> None:
    document = decode_document(without_params(encode_document(dragged().document())), "it")
    assert document.initial_params() is None
    opened = replay(document, tiny_generator())
    assert opened.document().edits == dragged().document().edits


def test_every_parameter_is_in_the_file() -> None:
    edit = json.loads(encode_document(dragged().document()))["edits"][1]
    assert list(edit["params"]) == list(asdict(DragParams()))
    assert None not in edit["params"].values()
    assert edit["automatic"] == ["optimised_row_count", "feature_resolution"]
