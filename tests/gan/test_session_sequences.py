"""Any order of a session's operations, on a generator whose blocks all have different channels.

The oracle keeps by itself what a session must hold on to, reads features from whole maps, and runs every step
anew on the whole trunk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from torch import Tensor

from gan import DragParams, DragSession, EditError, Generator
from gan.drag_state import DragSnapshot
from gan.drag_step import run_step
from gan.feature_source import TrunkSource
from gan.latent_spread import hearing_of
from gan.packed_snapshot import PackedSnapshot, pack
from gan.random_model import random_architecture, random_generator
from gan.session_view import handle_similarity
from gan.step_runner import CapturedRunner, EagerRunner, StepRunner
from tests.gan.played_graphs import PlayedGraphs

SIZE = 32
ARCHITECTURE = random_architecture(
    SIZE, channel_base=160, channel_max=40, z_dim=6, w_dim=7, mapping_layer_count=1
)
BLOCKS = (None, *ARCHITECTURE.block_resolutions)
COORDINATE = st.one_of(st.integers(0, SIZE - 1).map(float), st.floats(0, SIZE - 1))
POINT = st.tuples(COORDINATE, COORDINATE)
TARGET = st.tuples(st.floats(-20, SIZE + 20), st.floats(-20, SIZE + 20))
PICK = st.integers(0, 9)
PARAMS = st.builds(
    DragParams,
    learning_rate=st.sampled_from([1e-2, 1e-3]),
    momentum_shedding=st.sampled_from([0.0, 0.5, 1.0]),
    latent_space=st.sampled_from(["w+", "w"]),
    optimised_row_count=st.sampled_from([None, 1, 3, 6, 18]),
    row_fading=st.sampled_from([0.0, 0.5]),
    whitening=st.sampled_from([0.0, 0.75]),
    masked_whitening=st.sampled_from([0.0, 0.25]),
    mask_smoothing=st.sampled_from([0.0, 0.2]),
    supervision_radius=st.sampled_from([1.0, 3.0]),
    tracking_radius=st.sampled_from([4.0, 12.0]),
    order=st.sampled_from(["supervise-then-track", "track-then-supervise"]),
    tracking_norm=st.sampled_from(["l2", "l1"]),
    tracking_kernel=st.sampled_from(["b-spline", "bilinear"]),
    tracking_subdivision=st.sampled_from([1, 4]),
    feature_resolution=st.sampled_from(BLOCKS),
)


def test_every_block_has_channels_of_its_own() -> None:
    assert len(set(ARCHITECTURE.channels.values())) == len(ARCHITECTURE.block_resolutions)


@dataclass
class Held:
    """What the oracle knows of a handle."""

    target: tuple[float, float]
    reference: Tensor  # (C,)


@dataclass(frozen=True)
class Kept:
    """A moment to come back to, and what the next step did there."""

    snapshot: DragSnapshot
    packed: PackedSnapshot
    mask: np.ndarray | None
    held: dict[int, Held]
    stepped: DragSnapshot | None


class Sequences(RuleBasedStateMachine):
    """See above. `runner`: how the session executes its steps."""

    runner: type[EagerRunner] | None = EagerRunner
    generator: Generator = random_generator(ARCHITECTURE, dtype=torch.float64)
    kept = Bundle("kept")

    @initialize(seed=st.integers(0, 3), params=PARAMS)
    def begin(self, seed: int, params: DragParams) -> None:
        runner: StepRunner = CapturedRunner(PlayedGraphs()) if self.runner is None else self.runner()
        self.session = DragSession(self.generator, self.generator.sample(seed), params=params, runner=runner)
        self.held: dict[int, Held] = {}
        self.mask: np.ndarray | None = None
        self.packed: PackedSnapshot | None = None

    # the oracle's reads

    def source(self) -> TrunkSource:
        params = self.session.params
        block = params.feature_resolution or ARCHITECTURE.default_feature_resolution
        masked = self.session.snapshot().region is not None
        hearing = hearing_of(self.generator.synthesis, params.row_count(ARCHITECTURE.num_ws))
        whitening = params.masked_whitening if masked else params.whitening
        step_map = self.generator.latent_spread.step_map(whitening, hearing)
        return TrunkSource(self.generator, block, step_map)

    def feature_at(self, index: int) -> Tensor:
        place = self.session.handles[index : index + 1]
        with torch.no_grad():
            read = self.source().evaluate(self.session.w_plus, place, SIZE, None).windows
            return read.read(place[:, :1], place[:, 1:], self.session.params.tracking_kernel)[0, :, 0, 0]

    def reread(self) -> None:
        for index, held in enumerate(self.held.values()):
            held.reference = self.feature_at(index)

    def one_of(self, pick: int) -> int:
        return list(self.held)[pick % len(self.held)]

    def has_handles(self) -> bool:
        return bool(self.held)

    # edits

    @precondition(lambda self: len(self.held) < 4)
    @rule(handle=POINT, place=TARGET)
    def add(self, handle: tuple[float, float], place: tuple[float, float]) -> None:
        new_id = self.session.add_handle(handle, place)
        self.held[new_id] = Held(place, torch.empty(0))
        self.held[new_id].reference = self.feature_at(len(self.held) - 1)

    @precondition(has_handles)
    @rule(pick=PICK, place=TARGET)
    def move_target(self, pick: int, place: tuple[float, float]) -> None:
        self.session.move_target(self.one_of(pick), place)
        self.held[self.one_of(pick)].target = place

    @precondition(has_handles)
    @rule(pick=PICK, handle=POINT)
    def move_handle(self, pick: int, handle: tuple[float, float]) -> None:
        chosen = self.one_of(pick)
        self.session.move_handle(chosen, handle)
        self.held[chosen].reference = self.feature_at(list(self.held).index(chosen))

    @precondition(has_handles)
    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        chosen = self.one_of(pick)
        self.session.remove_handle(chosen)
        del self.held[chosen]

    @rule()
    def clear(self) -> None:
        self.session.clear_handles()
        self.held.clear()

    @rule(edge=st.integers(0, SIZE), across=st.booleans())
    def set_mask(self, edge: int, across: bool) -> None:
        mask = np.zeros((SIZE, SIZE), bool)
        mask[(slice(None), slice(edge)) if across else slice(edge)] = True
        self.session.set_mask(mask)
        self.mask = mask

    @rule()
    def no_mask(self) -> None:
        self.session.set_mask(None)
        self.mask = None

    @rule(params=PARAMS)
    def set_params(self, params: DragParams) -> None:
        before = self.source().grid, self.session.params.tracking_kernel
        self.session.set_params(params)
        if (self.source().grid, params.tracking_kernel) != before:
            self.reread()

    @rule(seed=st.integers(0, 3))
    def set_latent(self, seed: int) -> None:
        self.session.set_latent(self.generator.sample(seed))
        self.reread()

    # steps

    @precondition(has_handles)
    @rule(count=st.integers(1, 2))
    def step(self, count: int) -> None:
        for _ in range(count):
            before = self.session.snapshot()
            result = self.session.step().to_host()
            after = self.session.snapshot()
            expected, _, _ = run_step(self.source(), before, None)
            assert result.finite
            assert not self.session.repair(result)
            assert after.iteration == before.iteration + 1
            torch.testing.assert_close(after.w_plus, expected.w_plus, rtol=1e-6, atol=1e-8)
            torch.testing.assert_close(after.handles, expected.handles, rtol=0, atol=1e-6)

    @precondition(lambda self: not self.held)
    @rule()
    def refuse_a_step(self) -> None:
        self.refused(self.session.step)

    @rule(
        what=st.sampled_from(
            [
                lambda s: s.add_handle((SIZE + 3.0, 1.0), (1.0, 1.0)),
                lambda s: s.add_handle((1.0, 1.0), (1.0, float("inf"))),
                lambda s: s.add_handle((1.0, 1.0), (1.0, 1.0), -2),
                lambda s: s.move_target(99, (1.0, 1.0)),
                lambda s: s.move_handle(99, (1.0, 1.0)),
                lambda s: s.remove_handle(99),
                lambda s: handle_similarity(s.snapshot(), 99, s.feature_map()),
                lambda s: s.set_mask(np.zeros((4, 4), bool)),
                lambda s: s.set_params(replace(s.params, feature_resolution=64)),
                lambda s: s.set_latent(s.w_plus[:1]),
                lambda s: s.set_latent(s.w_plus * float("nan")),
            ]
        )
    )
    def refuse(self, what: Any) -> None:
        self.refused(lambda: what(self.session))

    def refused(self, action: Any) -> None:
        before = self.session.snapshot()
        with pytest.raises(EditError):
            action()
        assert self.session.snapshot() is before

    # back and forth

    @rule(target=kept)
    def keep(self) -> Any:
        snapshot = self.session.snapshot()
        self.packed = pack(snapshot, self.packed)
        stepped = None
        if self.held:
            self.session.step()
            stepped = self.session.snapshot()
            self.session.restore(snapshot)
        held = {i: replace(known) for i, known in self.held.items()}
        return Kept(snapshot, self.packed, self.mask, held, stepped)

    @rule(moment=kept, through_packed=st.booleans())
    def go_back(self, moment: Kept, through_packed: bool) -> None:
        if through_packed:
            self.session.restore(moment.packed.unpack(), moment.mask)
            assert_same(self.session.snapshot(), moment.snapshot)
        else:
            self.session.restore(moment.snapshot)
            assert self.session.snapshot() is moment.snapshot
        if moment.stepped is not None:
            state = self.session.snapshot()
            self.session.step()
            assert_same(self.session.snapshot(), moment.stepped)
            self.session.restore(state)
        self.mask = moment.mask
        self.held = {i: replace(known) for i, known in moment.held.items()}
        self.packed = moment.packed

    @rule(moment=consumes(kept))
    def forget(self, moment: Kept) -> None:
        """So that moments are not always far back."""

    # what always holds

    @invariant()
    def holds_what_it_must(self) -> None:
        state, generator = self.session.snapshot(), self.generator
        count, block = len(self.held), self.source().grid.block_resolution
        channels = ARCHITECTURE.channels[block]
        assert self.session.handle_ids == tuple(self.held)
        assert state.handles.shape == state.targets.shape == state.centres.shape == (count, 2)
        assert state.references.shape == (count, channels)
        rows = state.params.row_count(generator.num_ws)
        moments = (rows if state.params.latent_space == "w+" else 1, ARCHITECTURE.w_dim)
        assert state.adam.first.shape == state.adam.second.shape == moments
        assert bool(((state.handles >= 0) & (state.handles <= SIZE - 1)).all())
        for index, held in enumerate(self.held.values()):
            assert tuple(state.targets[index].tolist()) == held.target
            torch.testing.assert_close(state.references[index], held.reference, rtol=1e-7, atol=1e-9)

    @invariant()
    def the_mask_holds_to_the_start(self) -> None:
        state = self.session.snapshot()
        if self.mask is None:
            assert state.mask is None
            assert state.region is None
            return
        assert state.mask is not None
        assert np.array_equal(state.mask.numpy(), self.mask)
        assert (state.region is None) == bool(self.mask.all())
        block = self.source().grid.block_resolution
        start = self.generator.features(state.w0, block)
        assert state.initial_map is not None
        torch.testing.assert_close(state.initial_map, start, rtol=1e-7, atol=1e-9)


def assert_same(one: DragSnapshot, other: DragSnapshot) -> None:
    """To the bit. Without a mask the start's features are only kept for the next one."""
    names = ["w_plus", "w0", "handles", "targets", "references", "centres", "mask"]
    for name in names if one.mask is None else [*names, "initial_map"]:
        assert_same_tensors(name, getattr(one, name), getattr(other, name))
    for name in ("first", "second", "step"):
        assert torch.equal(getattr(one.adam, name), getattr(other.adam, name)), name
    for name in ("handle_ids", "largest_id", "params", "iteration"):
        assert getattr(one, name) == getattr(other, name), name
    assert (one.region is None) == (other.region is None)
    if one.region is not None and other.region is not None:
        assert one.region.box == other.region.box
        assert torch.equal(one.region.weights, other.region.weights)


def assert_same_tensors(name: str, one: Tensor | None, other: Tensor | None) -> None:
    assert (one is None) == (other is None), name
    assert one is None or other is None or torch.equal(one, other), name


class CapturedSequences(Sequences):
    """With steps as recorded graphs."""

    runner = None


@pytest.mark.parametrize(("machine", "example_count"), [(Sequences, 25), (CapturedSequences, 8)])
def test_any_order_of_operations(machine: type[RuleBasedStateMachine], example_count: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=example_count,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
