"""Snapshots that are kept small are exact."""

from __future__ import annotations

import numpy as np
import torch

from gan.drag_session import DragSession
from gan.packed_snapshot import blend_latents, pack
from tests.app.tiny import SIZE, tiny_generator


def masked_session() -> DragSession:
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[:20] = True
    generator = tiny_generator()
    return DragSession(generator, generator.sample(3), [(10, 12)], [(20, 12)], mask)


def test_a_packed_snapshot_goes_on_to_the_bit() -> None:
    session = masked_session()
    packed, mask = None, session.mask
    for _ in range(3):
        session.step()
        packed = pack(session.snapshot(), packed)
    expected = [session.step().to_host() for _ in range(3)]
    latent = session.w_plus
    assert packed is not None
    for again in (session, DragSession(tiny_generator(), tiny_generator().sample(9))):
        again.restore(packed.unpack(), mask)
        repeated = [again.step().to_host() for _ in range(3)]
        assert torch.equal(again.w_plus, latent)
        for one, other in zip(expected, repeated, strict=True):
            assert one.loss == other.loss
            np.testing.assert_array_equal(one.handles, other.handles)


def test_what_steps_do_not_change_is_kept_once() -> None:
    session = masked_session()
    first = pack(session.snapshot())
    session.step()
    second = pack(session.snapshot(), first)
    session.move_target(0, (5, 5))
    third = pack(session.snapshot(), second)
    session.add_handle((4, 4), (9, 9))
    fourth = pack(session.snapshot(), third)
    assert second.template is first.template
    assert second.byte_count < first.byte_count * 0.6
    assert third.byte_count < second.byte_count + 64
    assert torch.equal(third.unpack().targets, torch.tensor([[5.0, 5.0]]))
    assert torch.equal(second.unpack().targets, torch.tensor([[20.0, 12.0]]))
    assert fourth.template is not first.template
    for packed in (first, second, third, fourth):
        assert packed.template.mask is None
        assert packed.template.initial_map is None


def test_a_blend_meets_both_ends() -> None:
    first, second = tiny_generator().sample(1), tiny_generator().sample(2)
    assert torch.equal(blend_latents(first, second, 0.0), first)
    assert torch.equal(blend_latents(first, second, 1.0), second)
    torch.testing.assert_close(blend_latents(first, second, 0.5), (first + second) / 2)
