"""A session with 16-bit layers that is opened on another device, where they overflow or are not to be had."""

from __future__ import annotations

import msgspec
import pytest
import torch

from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import SetHalfLayers, Steps, Unit
from app.session.replay import replay
from app.session.session_files import SessionFiles
from app.session.step_outcomes import step_and_hear
from gan.drag_params import DragParams
from gan.step_result import StepResult
from tests.app.edited_sessions import state_of
from tests.app.session.overflowing import (
    HALF,
    REPEATED,
    ROWS,
    begun,
    never_overflowed,
    overflowed,
)
from tests.app.tiny import tiny_generator


@pytest.fixture
def brought_here(overflowing: DragParams) -> SessionDocument:
    """From another model of device, where 16 bits were enough for all of its steps."""
    document = begun(overflowing).document()
    document.edits.extend((Unit("drag"), SetHalfLayers.of(HALF), Steps(8)))
    return document


def test_another_model_of_device_repeats_in_32_bits_what_is_too_much_for_16_there(
    brought_here: SessionDocument, overflowing: DragParams
) -> None:
    told: list[str] = []
    finite: list[bool] = []

    def note(_session: EditSession, result: StepResult) -> None:
        finite.append(bool(result.finite))

    session = replay(brought_here, tiny_generator(), note, tell=told.append)
    assert finite == [True] * 8
    assert told == [f"16 bits were not enough for layers 3, 4; {REPEATED} they stay"]
    same = never_overflowed(overflowing)
    assert state_of(session) == state_of(same)
    assert session.document().edits == brought_here.edits
    for position in (0, 8, 5, 7):  # another way through the same steps
        session.return_to(position)
        assert torch.equal(session.session.w_plus, same.latent_at(position))
    assert len(told) == 1


def test_what_is_done_there_from_then_on_knows_of_it(brought_here: SessionDocument) -> None:
    session = replay(brought_here, tiny_generator())
    session.use_half(HALF)
    assert session.half == HALF.without(ROWS)
    told: list[str] = []
    for _ in range(2):
        step_and_hear(session, told.append)
    assert told == []
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_a_window_that_opens_it_says_so(brought_here: SessionDocument) -> None:
    files = SessionFiles()
    files.open(brought_here, None, begun(half=None), lambda _session, _share: None)
    assert files.take_error() == f"16 bits were not enough for layers 3, 4; {REPEATED} they stay"


def test_another_kind_of_device_does_it_all_in_32_bits(overflowing: DragParams) -> None:
    document = overflowed(overflowing)[0].document()
    document = msgspec.structs.replace(document, device="cuda:0")
    elsewhere = EditSession.opened(tiny_generator(), document)
    plain = begun(overflowing, half=None)
    for _ in elsewhere.advance():
        pass
    assert len(elsewhere.document().edits) == len(document.edits)
    for _ in range(8):
        plain.step()
    assert state_of(elsewhere) == state_of(plain)
