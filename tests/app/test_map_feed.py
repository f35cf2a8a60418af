"""The worker's maps: right, never stale at rest, at a bounded rate while stepping, none that nobody sees."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from app.layer_maker import DeviceLayers, HostLayers
from app.map_feed import MapFeed, MapPace
from app.map_request import FeatureChoice, MadeLayer, MapRequest
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveHandle, StartFromSeed
from app.window_commands import Apply, Begin, SetMaps, SetRunning, Undo
from app.worker import DragWorker
from app.worker_frame import WorkerFrame
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.feature_view import fit_basis
from gan.session_view import block_map, handle_similarity
from render.device_image import DeviceImage
from tests.app.awaited_frames import wait_for
from tests.app.fake_gpu import FakeCopyStream
from tests.app.tiny import tiny_generator

ALL = MapRequest(start=True, features=FeatureChoice(), similarity_of=0)


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def session_with_handle() -> DragSession:
    generator = tiny_generator()
    return DragSession(generator, generator.sample(0), [(10.0, 10.0)], [(25.0, 10.0)])


def names(made: tuple[MadeLayer, ...]) -> list[str]:
    return [layer.name for layer in made]


def test_nothing_is_made_that_is_not_asked_for() -> None:
    feed = MapFeed(clock=Clock())
    assert feed.make(session_with_handle(), "resting", wanted=True) == ()


def test_at_rest_everything_is_made_once_and_again_when_it_changed() -> None:
    session, feed = session_with_handle(), MapFeed(clock=Clock())
    feed.request = ALL
    assert names(feed.make(session, "resting", True)) == ["start", "features", "similarity"]
    assert feed.make(session, "resting", True) == ()
    session.move_target(0, (20.0, 20.0))
    assert feed.make(session, "resting", True) == (), "a target changes no map"
    session.step()
    assert names(feed.make(session, "resting", False)) == ["features", "similarity"]
    session.move_handle(0, (14.0, 20.0))
    assert names(feed.make(session, "resting", True)) == ["similarity"]
    feed.request = MapRequest(start=True, features=FeatureChoice(channel=2), similarity_of=0)
    assert names(feed.make(session, "resting", True)) == ["features"]
    session.set_latent(session.generator.sample(4))
    assert names(feed.make(session, "resting", True)) == ["start", "features", "similarity"]


def test_what_was_switched_off_is_made_again_when_it_is_switched_on() -> None:
    session, feed = session_with_handle(), MapFeed(clock=Clock())
    for _ in range(2):
        feed.request = ALL
        assert names(feed.make(session, "resting", True)) == ["start", "features", "similarity"]
        feed.request = MapRequest()
        assert feed.make(session, "resting", True) == ()


def test_what_is_made_is_what_gan_computes() -> None:
    session, feed = session_with_handle(), MapFeed(clock=Clock())
    for _ in range(3):
        session.step()
    feed.request = ALL
    start, features, similar = (layer.image for layer in feed.make(session, "resting", True))
    generator, w0 = session.generator, session.snapshot().w0
    assert (start == DragSession(generator, w0).image()).all()
    now = session.feature_map()
    basis = fit_basis(block_map(generator, w0, 16))
    np.testing.assert_allclose(features, basis.components(now).numpy(), atol=2e-3)
    expected = handle_similarity(session.snapshot(), 0, now).numpy()
    np.testing.assert_allclose(similar[0], expected, atol=1e-3)
    feed.request = MapRequest(features=FeatureChoice(block=32, channel=1))
    (layer,) = feed.make(session, "resting", True)
    highest = block_map(generator, session.w_plus, 32)
    oracle = fit_basis(block_map(generator, w0, 32)).channel(highest, 1)
    np.testing.assert_allclose(layer.image, oracle.numpy(), atol=5e-3)


def test_the_basis_stays_through_a_drag() -> None:
    """The same latent gives the same colours, whenever the overlay was switched on."""
    session, feed, late = session_with_handle(), MapFeed(clock=Clock()), MapFeed(clock=Clock())
    feed.request = MapRequest(features=FeatureChoice())
    for _ in range(4):
        session.step()
        shown = feed.make(session, "resting", True)
    late.request = feed.request
    assert (late.make(session, "resting", True)[0].image == shown[0].image).all()  # pyright: ignore[reportPossiblyUnboundVariable]


def test_while_stepping_only_what_was_taken_is_followed_and_not_too_often() -> None:
    clock = Clock()
    session, feed = session_with_handle(), MapFeed(clock=clock, pace=MapPace(per_second=10.0, share=0.5))
    feed.request = MapRequest(features=FeatureChoice())
    assert feed.make(session, "stepping", wanted=False) == ()
    assert names(feed.make(session, "stepping", wanted=True)) == ["features"]
    session.step()
    clock.now += 0.05
    assert feed.make(session, "stepping", wanted=True) == (), "too soon"
    clock.now += 0.051
    assert names(feed.make(session, "stepping", wanted=True)) == ["features"]
    session.step()
    assert names(feed.make(session, "resting", wanted=False)) == ["features"], "at rest it is the newest"


def test_slow_maps_take_only_their_share() -> None:
    clock = Clock()

    class Slow(HostLayers):
        def map(self, tensor: Tensor) -> object:
            clock.now += 1.0
            return super().map(tensor)

    session, feed = session_with_handle(), MapFeed(Slow(), clock, MapPace(per_second=10.0, share=0.25))
    feed.request = MapRequest(features=FeatureChoice())
    assert feed.make(session, "stepping", True)
    session.step()
    clock.now += 2.9
    assert not feed.make(session, "stepping", True)
    clock.now += 0.11
    assert feed.make(session, "stepping", True)


def test_a_block_or_channel_that_another_model_lacks_falls_back() -> None:
    session, feed = session_with_handle(), MapFeed(clock=Clock())
    feed.request = MapRequest(features=FeatureChoice(block=512, channel=999))
    (layer,) = feed.make(session, "resting", True)
    assert layer.image.shape == (1, 16, 16)


def test_a_handle_that_is_gone_has_no_map() -> None:
    feed = MapFeed(clock=Clock())
    feed.request = MapRequest(similarity_of=7)
    assert feed.make(session_with_handle(), "resting", True) == ()


def test_without_memory_it_says_so_once() -> None:
    class Full(HostLayers):
        def map(self, tensor: Tensor) -> object:
            raise torch.OutOfMemoryError("CUDA out of memory")

    session, feed = session_with_handle(), MapFeed(Full(), Clock())
    feed.request = MapRequest(features=FeatureChoice())
    with pytest.raises(EditError, match="switch it off, or choose a lower block"):
        feed.make(session, "resting", True)
    assert feed.make(session, "resting", True) == ()


def test_device_layers_stay_where_they_are_and_carry_their_stream() -> None:
    stream = FakeCopyStream(42)
    session, feed = session_with_handle(), MapFeed(DeviceLayers(stream), Clock())
    feed.request = ALL
    for layer, shape in zip(
        feed.make(session, "resting", True), [(3, 32, 32), (3, 16, 16), (1, 16, 16)], strict=True
    ):
        assert isinstance(layer.image, DeviceImage)
        assert layer.image.stream == 42
        assert isinstance(layer.image.array, Tensor)
        assert (tuple(layer.image.array.shape), layer.image.array.dtype) == (shape, torch.float16)
        assert layer.image.array.is_contiguous()
    assert stream.log == [("hold", 42), ("follow", 42)] * 3


# in the worker


def layers_of(frame: WorkerFrame) -> set[str]:
    return {layer.name for layer in frame.layers}


def test_the_worker_makes_them_and_at_rest_they_belong_to_the_latent() -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session)
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(SetMaps(ALL))
    seen: dict[str, MadeLayer] = {}
    worker.submit(SetRunning(True))

    def collect(frame: WorkerFrame) -> bool:
        seen.update({layer.name: layer for layer in frame.layers})
        return frame.iteration >= 6

    wait_for(worker, collect)
    last = worker.submit(SetRunning(False))
    wait_for(worker, lambda f: collect(f) and f.serial == last)
    worker.close()
    frame = worker.take()
    if frame is not None:
        collect(frame)
    drag = session.session
    assert (seen["start"].image == DragSession(drag.generator, drag.snapshot().w0).image()).all()
    expected = handle_similarity(drag.snapshot(), 0, drag.feature_map()).numpy()
    np.testing.assert_allclose(seen["similarity"].image[0], expected, atol=1e-3)
    assert seen["similarity"].of == 0


def test_the_worker_reports_every_step_of_a_handle_once() -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session)
    passed: list[tuple[int, bool]] = []

    def collect(frame: WorkerFrame) -> bool:
        passed.extend((step.iteration, step.begins) for step in frame.passed)
        return frame.iteration >= 8

    worker.submit(Begin("drag"))
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(SetRunning(True))
    wait_for(worker, collect)
    worker.submit(SetRunning(False))
    last = worker.submit(Apply(MoveHandle(0, (12.0, 12.0))))
    wait_for(worker, lambda f: collect(f) and f.serial == last)
    worker.close()
    count = session.session.iteration
    assert passed == [(0, True), *((i, False) for i in range(1, count + 1)), (count, True)]


def test_undo_takes_the_maps_back_too() -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    worker = DragWorker(session)
    worker.submit(SetMaps(MapRequest(features=FeatureChoice())))
    first = wait_for(worker, lambda f: "features" in layers_of(f))
    worker.submit(Begin("seed"))
    worker.submit(Apply(StartFromSeed(4)))
    second = wait_for(worker, lambda f: "features" in layers_of(f))
    worker.submit(Undo())
    third = wait_for(worker, lambda f: "features" in layers_of(f))
    worker.close()
    images = [np.asarray(frame.layers[0].image) for frame in (first, second, third)]
    assert (images[0] != images[1]).any()
    np.testing.assert_allclose(images[0], images[2], atol=2e-3)
