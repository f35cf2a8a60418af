"""The picture in 16 bits: its arithmetic is the generator's, its error is below a display's step, and where
it overflows the session goes back to 32 bits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import DragSession
from gan.execution import FiniteWatch, PictureOnGraphs
from gan.half_picture import HalfPicture, phase_kernels
from gan.layers import UPSAMPLING_TAPS, upsampling_conv
from gan.random_model import random_generator
from gan.step_runner import Graph
from tests.gan.cases import small_architecture, small_generator
from tests.gan.overflowing import Overflowing
from tests.gan.played_graphs import PlayedGraphs

BASES = st.sampled_from([(4, 4), (4, 6), (3, 4)])


@given(base=BASES, resolution=st.sampled_from([8, 32, 64]), seed=st.integers(0, 9), clamped=st.booleans())
@settings(deadline=None, max_examples=15)
def test_in_32_bits_it_is_the_generators_picture(
    base: tuple[int, int], resolution: int, seed: int, clamped: bool
) -> None:
    architecture = small_architecture(resolution, clamp=0.7 if clamped else None, base=base)
    generator = random_generator(architecture, seed)
    w_plus = generator.sample(seed)
    w_plus[1::2] *= 1.5  # every row is heard where it belongs
    torch.testing.assert_close(
        HalfPicture(generator, torch.float32)(w_plus), generator.image(w_plus), rtol=1e-4, atol=1e-4
    )


def test_the_clamp_of_the_cases_above_is_felt() -> None:
    free, clamped = (random_generator(small_architecture(32, clamp=c)) for c in (None, 0.7))
    w_plus = free.sample(1)
    assert float((free.image(w_plus) - clamped.image(w_plus)).abs().max()) > 0.1


@pytest.mark.parametrize("size", [(4, 4), (5, 8)])
def test_four_phases_are_the_upsampling_convolution(size: tuple[int, int]) -> None:
    source = torch.Generator().manual_seed(1)
    x = torch.randn(1, 3, *size, generator=source)
    weight = torch.randn(3, 5, 3, 3, generator=source)
    fir = torch.tensor(UPSAMPLING_TAPS)
    phases = F.conv2d(x, phase_kernels(weight, fir).flatten(0, 1), padding=1).view(2, 2, 5, *size)
    expected = upsampling_conv(x, weight, fir)[0]
    for b in range(2):
        for a in range(2):
            torch.testing.assert_close(phases[b, a], expected[:, b::2, a::2])


def test_in_16_bits_its_error_is_below_a_displays_step() -> None:
    generator = small_generator(dtype=torch.float32)
    for seed in range(3):
        w_plus = generator.sample(seed)
        error = HalfPicture(generator)(w_plus) - generator.image(w_plus)
        assert float(error.abs().max()) < 2 / 255


def test_what_is_exported_is_made_in_32_bits() -> None:
    generator = small_generator(dtype=torch.float32)
    session = DragSession(generator, generator.sample(1), [(30, 30)], [(40, 40)])
    session._execution = None  # type: ignore[assignment]  # what a display gets is not asked
    expected = (generator.image(session.w_plus) * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    np.testing.assert_array_equal(session.image(), expected.permute(1, 2, 0).numpy())


def test_a_first_picture_that_overflows_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    generator = small_generator(dtype=torch.float32)
    picture = PictureOnGraphs(PlayedGraphs(), generator, Overflowing(0))
    for seed in (1, 2):
        w_plus = generator.sample(seed)
        assert torch.equal(picture(w_plus), generator.image(w_plus))
    assert [record.getMessage() for record in caplog.records] == [
        "pictures are made in 32 bits from now on: they overflow in 16"
    ]


def test_one_that_overflows_later_is_the_last(caplog: pytest.LogCaptureFixture) -> None:
    generator = small_generator(dtype=torch.float32)
    graphs = PlayedGraphs()
    picture = PictureOnGraphs(graphs, generator, Overflowing(6))
    w_plus = generator.sample(1)
    pictures = [picture(w_plus) for _ in range(8)]
    finite = [bool(p.isfinite().all()) for p in pictures]
    assert finite.count(False) == 1
    assert torch.equal(pictures[-1], generator.image(w_plus))
    assert len(caplog.records) == 1


def test_an_overflow_is_not_forgotten_when_the_next_picture_is_made_before_anybody_asks() -> None:
    watch = FiniteWatch(torch.device("cpu"))
    finite, overflowed = torch.zeros(3, 4, 4), torch.full((3, 4, 4), torch.inf)
    watch.look(finite)
    assert watch.overflowed() is False
    for picture in (overflowed, finite):
        watch.look(picture)
    assert watch.overflowed() is True


def test_the_last_picture_tells_of_its_overflow_before_another_is_made() -> None:
    generator = small_generator(dtype=torch.float32)
    picture = PictureOnGraphs(PlayedGraphs(), generator, Overflowing(3))
    w_plus = generator.sample(1)
    assert picture.overflowed() is False
    picture(w_plus)
    assert picture.overflowed() is False
    assert not bool(picture(w_plus).isfinite().all())
    assert picture.overflowed() is True
    assert torch.equal(picture(w_plus), generator.image(w_plus))
    assert picture.overflowed() is False


def test_a_device_that_is_still_at_work_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, is_done = FiniteWatch(torch.device("cpu")), [False]
    monkeypatch.setattr(watch, "_event", SimpleNamespace(query=lambda: is_done[0], record=lambda _s: None))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _device: None)
    watch.look(torch.full((3, 4, 4), torch.nan))
    assert watch.overflowed() is None
    is_done[0] = True
    assert watch.overflowed() is True


def test_leaving_16_bits_is_done_before_the_picture_where_it_is_prepared() -> None:
    generator = small_generator(dtype=torch.float32)
    recorded: list[int] = []

    class Graphs(PlayedGraphs):
        def capture(self, work: Callable[[], None]) -> Graph:
            recorded.append(1)
            return super().capture(work)

    picture = PictureOnGraphs(Graphs(), generator, Overflowing(3))
    w_plus = generator.sample(1)
    for _ in range(2):
        picture(w_plus)
    picture.prepare()
    assert len(recorded) == 2
    picture(w_plus)
    assert len(recorded) == 2


def test_given_up_memory_means_32_bits() -> None:
    generator = small_generator(dtype=torch.float32)
    picture = PictureOnGraphs(PlayedGraphs(), generator, HalfPicture)
    w_plus = generator.sample(1)
    assert not torch.equal(picture(w_plus), generator.image(w_plus))
    picture.release()
    assert torch.equal(picture(w_plus), generator.image(w_plus))
