"""The rules of a drag session: handles, masks, latents, going back, and never losing the last good state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

import gan.drag_step
from gan import DragParams, DragSession, EditError
from gan.session_view import handle_similarity
from tests.gan.cases import small_generator

ORDERS = [DragParams(), DragParams.released()]


def new_session(params: DragParams | None = None, seed: int = 0) -> DragSession:
    generator = small_generator(seed)
    return DragSession(
        generator, generator.sample(seed), [(30, 33), (12, 50)], [(40, 30), (20, 50)], None, params
    )


def run(session: DragSession, steps: int) -> Tensor:
    for _ in range(steps):
        session.step()
    return session.w_plus


def has_moments(session: DragSession) -> bool:
    return bool(session.snapshot().adam.first.any())


# --- handles ---


def test_ids_are_never_given_twice() -> None:
    session = new_session()
    assert session.handle_ids == (0, 1)
    session.remove_handle(1)
    assert session.add_handle((5, 5), (9, 9)) == 2
    assert session.add_handle((6, 5), (9, 9), handle_id=7) == 7
    session.clear_handles()
    assert session.add_handle((6, 5), (9, 9)) == 8
    assert session.handle_ids == (8,)
    assert session.handles.tolist() == [[6, 5]]
    assert session.targets.tolist() == [[9, 9]]


def test_handles_come_and_go_in_the_middle_of_a_drag() -> None:
    session = new_session()
    run(session, 3)
    new = session.add_handle((50, 20), (55, 20))
    run(session, 3)
    session.remove_handle(0)
    result = session.step()
    assert session.handle_ids == (1, new)
    assert result.handles.shape == result.targets.shape == (2, 2)
    assert session.iteration == 7
    assert session.snapshot().references.shape[0] == 2


def test_a_reference_feature_is_read_when_a_handle_is_placed_and_then_kept() -> None:
    session = new_session()
    before = session.snapshot().references
    run(session, 5)
    session.move_target(0, (45, 33))
    assert torch.equal(session.snapshot().references, before)
    session.move_handle(1, (13, 50))
    after = session.snapshot().references
    assert torch.equal(after[0], before[0])
    assert not torch.equal(after[1], before[1])


def test_moments_are_kept_while_targets_move_and_cleared_by_every_other_edit() -> None:
    session = new_session()
    edits = [
        lambda: session.add_handle((5, 5), (9, 9)),
        lambda: session.move_handle(0, (31, 33)),
        lambda: session.remove_handle(1),
        lambda: session.set_mask(np.ones((64, 64), dtype=bool)),
        lambda: session.set_mask(None),
        lambda: session.set_params(replace(session.params, learning_rate=4e-3)),
        lambda: session.set_params(replace(session.params, latent_space="w")),
        lambda: session.set_latent(session.w_plus),
    ]
    for edit in edits:
        run(session, 2)
        session.move_target(0, (42, 33))
        assert has_moments(session)
        edit()
        assert not has_moments(session)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ((64, 3), r"handle \(64, 3\) is outside the picture; allowed are 0 to 63"),
        ((3, -0.6), "outside the picture"),
        ((float("nan"), 3), "not a point; give two finite numbers"),
        ((float("inf"), 3), "not a point"),
        ((1, 2, 3), "not a point"),
    ],
)
def test_bad_handles_are_refused(point: tuple[float, ...], message: str) -> None:
    session = new_session()
    before = session.snapshot()
    for edit in (lambda: session.add_handle(point, (3, 3)), lambda: session.move_handle(0, point)):
        with pytest.raises(EditError, match=message):
            edit()
    assert session.snapshot() is before


def test_a_handle_on_the_rim_of_the_picture_goes_to_its_outermost_pixel() -> None:
    session = new_session()
    session.add_handle((-0.4, 63.4), (3, 3))
    assert session.handles[-1].tolist() == [0, 63]


def test_bad_targets_ids_and_counts_are_refused() -> None:
    session = new_session()
    session.move_target(0, (-500, 900))
    with pytest.raises(EditError, match="target"):
        session.move_target(0, (float("nan"), 0))
    with pytest.raises(EditError, match="too far away; allowed are -1e"):
        session.move_target(0, (1e39, 0))  # infinite in 32 bits: the step would never be finite
    with pytest.raises(EditError, match=r"there is no handle 9; there are \[0, 1\]"):
        session.move_target(9, (0, 0))
    with pytest.raises(EditError, match="handle id 1 is in use"):
        session.add_handle((3, 3), (4, 4), handle_id=1)
    with pytest.raises(EditError, match="1 handles and 0 targets"):
        DragSession(session.generator, session.w_plus, [(3, 3)])


def test_a_step_without_handles_is_refused() -> None:
    session = new_session()
    session.clear_handles()
    assert not session.is_done
    with pytest.raises(EditError, match="no handle to drag; add a handle"):
        session.step()


def test_whole_pixel_tracking_rounds_handles() -> None:
    generator = small_generator()
    session = DragSession(generator, generator.sample(0), [(30.4, 33.6)], [(40, 30)])
    assert session.handles.tolist() == [[30.4, 33.6]]
    session.set_params(DragParams.paper())
    assert session.handles.tolist() == [[30, 34]]


# --- mask ---


def test_an_all_movable_mask_changes_nothing_and_a_fixed_one_holds() -> None:
    free, movable, held = new_session(), new_session(), new_session()
    movable.set_mask(np.ones((64, 64), dtype=bool))
    held.set_mask(torch.zeros(64, 64, dtype=torch.bool))
    start = free.feature_map()
    for session in (free, movable, held):
        run(session, 8)
    assert torch.allclose(free.w_plus, movable.w_plus, atol=1e-12)
    assert (held.feature_map() - start).norm() < (free.feature_map() - start).norm()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((63, 64), dtype=bool), r"mask has shape \(63, 64\); the picture needs \(64, 64\)"),
        (np.ones((64, 64, 1), dtype=bool), "mask has shape"),
        (np.ones((64, 64), dtype=np.uint8), "give booleans"),
    ],
)
def test_bad_masks_are_refused(mask: np.ndarray, message: str) -> None:
    session = new_session()
    with pytest.raises(EditError, match=message):
        session.set_mask(mask)
    assert session.mask is None


def test_a_mask_is_copied() -> None:
    session = new_session()
    mask = np.ones((64, 64), dtype=bool)
    session.set_mask(mask)
    mask[:] = False
    assert session.mask is not None
    assert bool(session.mask.all())


# --- latents ---


def test_bad_latents_are_refused() -> None:
    session = new_session()
    good = session.w_plus
    for value in (float("nan"), float("inf")):
        bad = good.clone()
        bad[2, 3] = value
        with pytest.raises(EditError, match="not finite"):
            session.set_latent(bad)
        with pytest.raises(EditError, match="not finite"):
            DragSession(session.generator, bad)
    with pytest.raises(EditError, match=r"latent has shape \(9, 20\); this generator needs \(10, 20\)"):
        session.set_latent(good[:9])
    assert session.w_plus is good


def test_setting_a_latent_keeps_the_handles_and_reads_references_and_start_anew() -> None:
    session = new_session()
    session.set_mask(np.zeros((64, 64), dtype=bool))
    before = session.snapshot()
    session.set_latent(session.generator.sample(9))
    after = session.snapshot()
    assert torch.equal(after.handles, before.handles)
    assert not torch.equal(after.references, before.references)
    assert torch.equal(after.w0, session.generator.sample(9))
    assert after.initial_map is not None
    assert torch.equal(after.initial_map, session.feature_map())


@pytest.mark.parametrize("resolution", [4, 16, 32, 64])
def test_a_latent_set_before_the_first_handle_drags_like_a_new_session(resolution: int) -> None:
    generator = small_generator(3)  # its blocks have 32 channels, the last ones fewer
    params = DragParams(feature_resolution=resolution)
    session = DragSession(generator, generator.sample(0), params=params)
    session.set_latent(generator.sample(9))
    new = DragSession(generator, generator.sample(9), params=params)
    for one in (session, new):
        one.add_handle((30, 33), (40, 30))
        run(one, 2)
    assert torch.equal(session.snapshot().references, new.snapshot().references)
    assert torch.equal(session.w_plus, new.w_plus)


def test_the_feature_block_may_change_while_there_is_no_handle() -> None:
    session = new_session()
    session.clear_handles()
    for resolution in (4, 64, 16):
        session.set_params(DragParams(feature_resolution=resolution))
        session.add_handle((30, 33), (40, 30))
        run(session, 1)
        session.clear_handles()


@pytest.mark.parametrize("params", ORDERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_update_that_is_not_finite_is_not_applied(
    params: DragParams, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(params)
    run(session, 2)
    good = session.snapshot()
    true_loss = gan.drag_step.motion_loss
    with monkeypatch.context() as patch:
        patch.setattr(gan.drag_step, "motion_loss", lambda *a: true_loss(*a) * value)
        result = session.step().to_host()
    assert not result.finite
    assert torch.equal(session.w_plus, good.w_plus)
    assert torch.equal(session.snapshot().adam.second, good.adam.second)
    assert bool(session.handles.isfinite().all())
    assert session.step().to_host().finite
    assert not torch.equal(session.w_plus, good.w_plus)


# --- steps, going back ---


def test_both_orders_of_one_latent_space_start_alike_and_rows_above_stay() -> None:
    for space in ("w+", "w"):
        session = new_session(DragParams(latent_space=space, optimised_row_count=4))
        start = session.w_plus
        moved = run(session, 4) - start
        assert bool(moved[:4].any(dim=1).all())
        assert not bool(moved[4:].any())
        if space == "w":
            assert torch.allclose(moved[:4], moved[:1].expand(4, -1))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("params", [*ORDERS, DragParams(latent_space="w")])
def test_a_restored_session_takes_the_same_steps_bit_for_bit(params: DragParams, masked: bool) -> None:
    session = new_session(params)
    if masked:
        session.set_mask(np.tri(64, dtype=bool))
    run(session, 3)
    session.move_target(0, (35, 45))
    snapshot = session.snapshot()
    first = [run(session, 1) for _ in range(3)]
    handles = session.handles
    session.add_handle((3, 3), (9, 9))
    session.set_params(DragParams(feature_resolution=16))
    session.set_mask(None)
    run(session, 1)
    session.restore(snapshot)
    assert session.iteration == 3
    assert session.params == params
    again = [run(session, 1) for _ in range(3)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert torch.equal(session.handles, handles)
    other = new_session(params)
    other.restore(snapshot)
    assert torch.equal(run(other, 3), first[-1])


def test_looking_does_not_change_the_drag() -> None:
    one, other = new_session(), new_session()
    for _ in range(3):
        one.step().to_host()
        one.image()
        one.feature_map()
        handle_similarity(one.snapshot(), 0, one.feature_map())
        assert not one.is_done
        other.step()
    assert torch.equal(one.w_plus, other.w_plus)


def test_the_result_agrees_with_the_session() -> None:
    session = new_session()
    run(session, 2)
    result = session.step()
    host = result.to_host()
    assert host.iteration == session.iteration == 3
    assert np.array_equal(host.handles, session.handles.numpy())
    assert np.array_equal(host.targets, session.targets.numpy())
    assert host.distances_px == pytest.approx(np.linalg.norm(host.handles - host.targets, axis=1))
    assert host.confidences.shape == (2,)
    assert bool(((host.confidences >= 0) & (host.confidences <= 1)).all())
    assert host.loss == float(result.loss)
    assert not host.done
    assert host.finite
    assert session.image().shape == (64, 64, 3)
    assert session.image_tensor().shape == (3, 64, 64)
    assert session.feature_map().shape == (16, 32, 32)
    assert not session.w_plus.requires_grad
