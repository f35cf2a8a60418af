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
from gan.drag_params import DragParams
from gan.errors import EditError
from tests.app.tiny import tiny_generator

STORED = Path(__file__).parent / "sessions"
THEN = replace(  # the defaults before version 3
    DragParams(), whitening=0.0, learning_rate=1e-2, supervision_radius=3.0, mask_weight=20.0
)


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


def test_what_an_older_file_leaves_out_is_what_it_was_then() -> None:
    initial = decode_document(old_file(mask_weight=3.0), "it").initial_params()
    assert initial is not None
    assert initial.asked == replace(THEN, mask_weight=3.0)


def test_an_older_file_without_parameters_gets_those_of_its_time() -> None:
    fields = json.loads(old_file())
    del fields["edits"][1]
    document = decode_document(json.dumps(fields).encode(), "it")
    initial = document.initial_params()
    assert initial is not None
    assert initial.asked == THEN
    assert replay(document, tiny_generator()).step_count == 3


def test_a_damaged_older_file_too() -> None:
    cut = old_file(mask_weight=3.0)[:-4]
    told: list[str] = []
    initial = decode_document(cut, "it", told.append).initial_params()
    assert told
    assert initial is not None
    assert initial.asked.whitening == 0.0


def test_every_parameter_is_in_the_file() -> None:
    edit = json.loads(encode_document(dragged().document()))["edits"][1]
    assert list(edit["params"]) == list(asdict(DragParams()))
    assert None not in edit["params"].values()
    assert edit["automatic"] == ["optimised_row_count", "feature_resolution"]
