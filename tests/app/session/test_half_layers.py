"""16-bit layers that overflow in the middle of an edit: one line, and then all is as with 32 bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor

from app.cli import main
from app.device_stepper import DeviceStepper
from app.session.document import SessionDocument, load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveTarget, SetHalfLayers, StartFromSeed, Steps, Unit
from app.session.replay import rebuild, replay
from app.session.session_files import SessionFiles
from app.session.step_outcomes import hear, step_and_hear
from app.window_commands import AddBookmark, Apply, Begin, SetRunning, StepOnce
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from gan.drag_params import DragParams
from gan.feature_source import Evaluation, WindowedSource
from gan.half_precision import HalfPrecision
from gan.model_file import ProvenanceHeader, save_model_file
from gan.random_model import random_architecture, random_tensors
from gan.step_result import StepResult
from tests.app.awaited_frames import take_until
from tests.app.command_line import performed
from tests.app.edited_sessions import state_of
from tests.app.fake_gpu import gpu_device
from tests.app.tiny import tiny_generator

SEED = 3
HANDLE = AddHandle(0, (10.0, 10.0), (24.0, 10.0))
HALF = HalfPrecision(lowest_resolution=8)
ROWS = frozenset({3, 4})  # the held ones of the tiny generator's that have 16 bits
GOOD_STEPS = 3
REPEATED = "the step is repeated in 32 bits, and there"
PARAMS = [replace(DragParams(), optimised_row_count=3), replace(DragParams.released(), optimised_row_count=3)]


def begun(params: DragParams = PARAMS[0], half: HalfPrecision | None = HALF) -> EditSession:
    session = EditSession(tiny_generator(), StartFromSeed(SEED), params)
    session.use_half(half)
    session.begin("place")
    session.apply(HANDLE)
    session.begin("drag")
    return session


@pytest.fixture(params=PARAMS, ids=["default", "released"])
def params(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DragParams:
    """Parameters of a drag whose 16-bit layers overflow at every latent that is further from its start than
    three steps lead."""
    session, start = begun(request.param), tiny_generator().sample(SEED)
    ways: list[float] = []
    for _ in range(GOOD_STEPS + 2):
        ways.append(float((session.session.w_plus - start).norm()))
        session.step()
    assert ways == sorted(ways)
    # the order decides whether the latent that a step comes to, or the one it begins at, is evaluated last
    limit = (ways[GOOD_STEPS] + ways[GOOD_STEPS + 1]) / 2
    if request.param.order == "track-then-supervise":
        limit = (ways[GOOD_STEPS - 1] + ways[GOOD_STEPS]) / 2
    evaluate = WindowedSource.evaluate

    def evaluate_or_overflow(source: WindowedSource, w_plus: Tensor, *given: Any, **more: Any) -> Evaluation:
        made = evaluate(source, w_plus, *given, **more)
        if any(layer.half is not None for layer in source._layers) and (w_plus - start).norm() > limit:
            with torch.no_grad():
                made.windows.values.fill_(torch.inf)
        return made

    monkeypatch.setattr(WindowedSource, "evaluate", evaluate_or_overflow)
    return request.param


def overflowed(params: DragParams, steps: int = 8) -> tuple[EditSession, list[str]]:
    session, told = begun(params), []
    for _ in range(steps):
        assert step_and_hear(session, told.append).finite
    return session, told


def never_overflowed(params: DragParams, steps: int = 8) -> EditSession:
    """The same with 32 bits from the step on that was too much for 16."""
    session = begun(params)
    for number in range(steps):
        if number == GOOD_STEPS:
            session.use_half(HALF.without(ROWS))
        assert bool(session.step().finite)
    return session


def test_the_step_is_repeated_in_32_bits_and_the_layers_stay_there(params: DragParams) -> None:
    session, told = overflowed(params)
    assert told == [f"16 bits were not enough for layers 3, 4; {REPEATED} they stay"]
    assert session.half == HALF.without(ROWS)
    same = never_overflowed(params)
    assert state_of(session) == state_of(same)
    assert session.session.iteration == session.step_count == 8
    assert session.document().edits == same.document().edits
    edits = session.document().edits
    assert [edit.half for edit in edits if isinstance(edit, SetHalfLayers)] == [HALF, HALF.without(ROWS)]
    assert [edit.count for edit in edits if isinstance(edit, Steps)] == [GOOD_STEPS, 8 - GOOD_STEPS]


def test_the_way_back_and_forth_is_that_of_a_session_that_never_overflowed(
    params: DragParams, tmp_path: Path
) -> None:
    session, same = overflowed(params)[0], never_overflowed(params)
    assert session.position_count == same.position_count
    for position in range(session.position_count):
        assert torch.equal(session.latent_at(position), same.latent_at(position))
    for each in (session, same):
        assert each.undo() == "drag"
    assert state_of(session) == state_of(same)
    for each in (session, same):
        assert each.redo() == "drag"
    assert state_of(session) == state_of(same)
    save_document(tmp_path / "a.json", session.document())
    document = load_document(tmp_path / "a.json")
    refused: list[bool] = []
    again = replay(document, tiny_generator(), lambda _s, result: refused.append(not bool(result.finite)))
    assert not any(refused)
    assert len(refused) == 8
    assert state_of(again) == state_of(rebuild(session, tiny_generator())) == state_of(same)
    for each in (session, same):  # another way from before the overflow: the layers stay in 32 bits
        each.return_to(1)
        told: list[str] = []
        for _ in range(4):
            step_and_hear(each, told.append)
        assert told == []
    assert state_of(session) == state_of(same)
    assert session.document().edits == same.document().edits
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)
    for half in (None, HALF):  # switched off and on again
        session.use_half(half)
        assert bool(session.step().finite)
    assert session.half == HALF.without(ROWS)


@pytest.fixture
def brought_here(params: DragParams) -> SessionDocument:
    """From another model of device, where 16 bits were enough for all of its steps."""
    document = begun(params).document()
    document.edits.extend((Unit("drag"), SetHalfLayers.of(HALF), Steps(8)))
    return document


def test_another_model_of_device_repeats_in_32_bits_what_is_too_much_for_16_there(
    brought_here: SessionDocument, params: DragParams
) -> None:
    told: list[str] = []
    finite: list[bool] = []

    def note(_session: EditSession, result: StepResult) -> None:
        finite.append(bool(result.finite))

    session = replay(brought_here, tiny_generator(), note, tell=told.append)
    assert finite == [True] * 8
    assert told == [f"16 bits were not enough for layers 3, 4; {REPEATED} they stay"]
    same = never_overflowed(params)
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


def test_another_kind_of_device_does_it_all_in_32_bits(params: DragParams) -> None:
    document = overflowed(params)[0].document()
    document = msgspec.structs.replace(document, device="cuda:0")
    elsewhere = EditSession.opened(tiny_generator(), document)
    plain = begun(params, half=None)
    for _ in elsewhere.advance():
        pass
    assert len(elsewhere.document().edits) == len(document.edits)
    for _ in range(8):
        plain.step()
    assert state_of(elsewhere) == state_of(plain)


def test_targets_that_moved_after_a_refused_step_stay_moved(params: DragParams) -> None:
    """As on a GPU: three steps and a move are begun before the first is heard of."""
    session, told = begun(params), []
    results = [session.step() for _ in range(GOOD_STEPS + 1)]
    session.apply(MoveTarget(0, (26.0, 12.0)))
    results += [session.step() for _ in range(2)]
    outcomes = [hear(session, result.to_host(), told.append) for result in results[: GOOD_STEPS + 1]]
    assert outcomes == ["done"] * GOOD_STEPS + ["to-repeat"]
    assert len(told) == 1
    same = begun(params)
    for _ in range(GOOD_STEPS):
        same.step()
    same.apply(MoveTarget(0, (26.0, 12.0)))
    same.use_half(HALF.without(ROWS))
    for each in (session, same):
        for _ in range(3):
            each.step()
    assert state_of(session) == state_of(same)
    assert session.session.iteration == GOOD_STEPS + 3
    assert state_of(replay(session.document(), tiny_generator())) == state_of(same)


def test_a_refused_step_that_has_a_name_stays_a_picture(params: DragParams) -> None:
    session, told = begun(params), []
    results = [session.step().to_host() for _ in range(GOOD_STEPS + 1)]
    session.bookmarks.add("here")
    assert [hear(session, result, told.append) for result in results][-1] == "to-repeat"
    assert session.bookmarks.position_of("here") == GOOD_STEPS + 1
    step_and_hear(session, told.append)
    assert len(told) == 1
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_a_first_step_that_is_refused_leaves_no_unit_behind() -> None:
    session = begun(half=None)
    before, edits = state_of(session), session.document().edits
    result = session.step().to_host()
    session.begin("more")
    assert hear(session, replace(result, finite=False), print) == "refused"
    assert state_of(session) == before
    assert session.document().edits == edits
    assert session.undo_label == "place"
    session.step()
    assert session.position_count == 2


def step_count(session: EditSession) -> int:
    """That were recorded."""
    return sum(edit.count for edit in session.document().edits if isinstance(edit, Steps))


Device = Callable[[], WorkerDevice]


@pytest.mark.parametrize("device", [WorkerDevice, gpu_device], ids=["waited-for", "gpu"])
def test_the_window_tells_one_line_and_goes_on(params: DragParams, device: Device) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(SEED), params)
    session.use_half(HALF)
    worker = DragWorker(session, device=device())
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, True))
    told: list[str] = []

    def went_on(frame: object) -> bool:
        told.extend(message.text for message in frame.messages)  # type: ignore[attr-defined]
        assert not any(message.failed for message in frame.messages)  # type: ignore[attr-defined]
        return frame.iteration >= GOOD_STEPS + 4 and frame.running  # type: ignore[attr-defined]

    take_until(worker, went_on)
    for command in (AddBookmark("end"), SetRunning(False), StepOnce()):
        worker.submit(command)
    take_until(worker, lambda frame: frame.serial == worker.sent_serial)
    worker.close()
    assert len(told) == 1
    assert told[0].startswith("16 bits were not enough")
    assert step_count(session) == session.step_count == session.session.iteration
    again = replay(session.document(), tiny_generator())
    assert state_of(again) == state_of(session)
    assert again.session.iteration == session.session.iteration


class LateTimer:
    """Its work is never done before somebody waits for it."""

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return None


def test_an_edit_hears_what_is_under_way(params: DragParams) -> None:
    """The steps that a frame has begun are heard of before an edit after which they could not be repeated."""
    session = EditSession(tiny_generator(), StartFromSeed(SEED), params)
    session.use_half(HALF)
    worker = DragWorker(session, device=WorkerDevice(stepper=DeviceStepper(start_timer=LateTimer)))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, True))
    number = 1
    while session.half == HALF:
        last = worker.submit(Apply(AddHandle(number, (20.0, 20.0), (20.0, 20.0))))
        frame = take_until(worker, lambda frame, last=last: frame.serial >= last)
        take_until(worker, lambda f, frame=frame: f.iteration > frame.iteration)
        number += 1
        assert number < 30
    worker.close()
    assert step_count(session) == session.session.iteration
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_an_opened_session_has_the_layers_of_the_one_before() -> None:
    present, document = begun(), begun(half=None).document()
    opened = SessionFiles().open(document, None, present, lambda _session, _share: None)
    assert opened.half == HALF


def large_model(path: Path) -> Path:
    """256 px with few channels. Layer 7 of its trunk makes one channel that 16 bits cannot hold, layer 8 does
    not use it."""
    architecture = random_architecture(256, 1024, channel_max=8, z_dim=8, w_dim=10, mapping_layer_count=2)
    tensors = random_tensors(architecture, 1)
    tensors["synthesis.b64.conv0.bias"][2] = 1e6
    tensors["synthesis.b64.conv1.weight"][:, 2] = 0
    tensors["synthesis.b64.torgb.weight"][:, 2] = 0
    save_model_file(path, tensors, architecture, ProvenanceHeader(name="large"))
    return path


def test_without_a_window_it_is_one_note_and_the_session_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = large_model(tmp_path / "large.safetensors")
    # later than that, what is tracked in a picture without things is a toss-up, and 16 bits may decide it
    command = ("edit", "--model", model, "--seed", 1, "--drag", "80,80:140,90", "--steps", 3, "--json")
    half = json.loads(performed(capsys, *command, "--half-layers", "--out", tmp_path / "half"))
    plain = json.loads(performed(capsys, *command, "--out", tmp_path / "plain"))
    assert half["notes"] == [f"16 bits were not enough for layer 8; {REPEATED} it stays"]
    assert plain["notes"] == []
    assert half["finite"]
    assert half["steps"] == plain["steps"] == 3
    assert half["handles"][0]["handle"] == pytest.approx(plain["handles"][0]["handle"], abs=1)
    edits = load_document(Path(half["files"]["session"])).edits
    kept = [edit.half for edit in edits if isinstance(edit, SetHalfLayers)]
    assert kept[-1] == HalfPrecision(excluded_rows=frozenset({8}))
    replayed = json.loads(
        performed(capsys, "replay", half["files"]["session"], "--out", tmp_path / "again", "--json")
    )
    assert replayed["steps"] == 3
    for kind in ("latent", "after"):
        assert Path(replayed["files"][kind]).read_bytes() == Path(half["files"][kind]).read_bytes()


def test_the_help_says_that_its_gain_was_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    main(["edit", "--help"])
    assert "its gain not measured" in " ".join(capsys.readouterr().out.split())
