"""`MapFeed`: makes what overlays show beside the picture: feature map, similarity map, the start's picture.

Each takes an evaluation of a whole map, which no drag step needs: so each is made only while its overlay is
on, and only when what it shows has changed. While the drag runs, they come at a bounded rate and take at most
a share of the worker's time; when it rests the newest is always made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from app.layer_maker import HostLayers, LayerMaker
from app.map_request import MadeLayer, MapRequest
from app.picture_choice import Pace
from gan.device_faults import DeviceFault, fault_of
from gan.drag_session import DragSession
from gan.drag_state import DragSnapshot
from gan.errors import EditError
from gan.feature_view import FeatureBasis, fit_basis
from gan.generator import Generator
from gan.session_view import block_map, drag_block, handle_similarity


@dataclass(frozen=True)
class MapPace:
    """While the drag runs: maps a second at most, and the share of the time that making them may take."""

    per_second: float = 12.0
    share: float = 0.2


class MapFeed:
    """Used by the drag worker's thread."""

    def __init__(
        self,
        maker: LayerMaker | None = None,
        clock: Callable[[], float] = time.perf_counter,
        pace: MapPace | None = None,
    ) -> None:
        """maker: None = in the host's memory."""
        self._maker = maker or HostLayers()
        self._clock = clock
        self._pace = pace or MapPace()
        self._next = clock()
        self._request = MapRequest()
        self._made: dict[str, tuple[Any, ...]] = {}  # what each layer in the window's hands was made from
        self._basis: FeatureBasis | None = None
        self._basis_of: tuple[Any, ...] = ()

    @property
    def request(self) -> MapRequest:
        """What the overlays need."""
        return self._request

    @request.setter
    def request(self, request: MapRequest) -> None:
        wanted = set(request.names)
        self._made = {name: key for name, key in self._made.items() if name in wanted}
        if request.features is None:
            self._basis, self._basis_of = None, ()  # it would keep a generator that is no longer open
        self._request = request

    def use(self, maker: LayerMaker | None) -> None:
        """From now on this one makes them, of another model or on another device."""
        self._maker = maker or HostLayers()
        self._made.clear()
        self._basis, self._basis_of = None, ()

    def make(self, session: DragSession, pace: Pace, wanted: bool) -> tuple[MadeLayer, ...]:
        """What is due now. wanted: the window has taken the last ones.

        Raises EditError where the device has no memory for it; then nothing more is tried until the next
        request.
        """
        if self._request == MapRequest() or (pace == "stepping" and not (wanted and self._is_due)):
            return ()
        began = self._clock()
        try:
            made = tuple(self._stale(session))
        except (RuntimeError, MemoryError) as error:
            if fault_of(error) is not DeviceFault.FULL:
                raise
            self._request = MapRequest()
            raise EditError(
                "the device has no memory left for this overlay; switch it off, or choose a lower block"
            ) from error
        if made:
            now = self._clock()
            rest = (now - began) * (1 - self._pace.share) / self._pace.share
            self._next = now + max(rest, 1 / self._pace.per_second - (now - began))
        return made

    @property
    def _is_due(self) -> bool:
        return self._clock() >= self._next

    def _stale(self, session: DragSession) -> list[MadeLayer]:
        """Every layer whose source has changed. Tensors of a snapshot are never written to: another state is
        another tensor."""
        request, snapshot, generator = self._request, session.snapshot(), session.generator
        made: list[MadeLayer] = []
        if request.start and self._is_new("start", generator, snapshot.w0):
            made.append(MadeLayer("start", self._maker.picture(generator.image(snapshot.w0))))
        maps = _Maps(generator)
        if request.features is not None:
            block = self._block(session)
            channel = request.features.channel
            if self._is_new("features", generator, snapshot.w_plus, snapshot.w0, block, channel):
                shown = self._shown(snapshot, maps, block, channel)
                made.append(MadeLayer("features", self._maker.map(shown)))
        handle_id = request.similarity_of
        if handle_id is not None and handle_id in snapshot.handle_ids:
            source = (snapshot.w_plus, snapshot.references, snapshot.params.tracking_norm, handle_id)
            if self._is_new("similarity", generator, *source):
                features = maps.at(snapshot.w_plus, drag_block(session))
                shown = handle_similarity(snapshot, handle_id, features)
                made.append(MadeLayer("similarity", self._maker.map(shown[None]), handle_id))
        return made

    def _block(self, session: DragSession) -> int:
        """The block that is shown; the drag's where this generator has no such block."""
        assert self._request.features is not None, "asked only where features are"
        block = self._request.features.block
        known = session.generator.architecture.block_resolutions
        return block if block in known else drag_block(session)

    def _shown(self, snapshot: DragSnapshot, maps: _Maps, block: int, channel: int | None) -> Tensor:
        """Components or one channel, measured against the start's map: (3, h, w) or (1, h, w)."""
        source = (maps.generator, snapshot.w0, block)
        if not _same(source, self._basis_of) or self._basis is None:
            is_alike = self._basis is not None and _same(source[::2], self._basis_of[::2])
            self._basis = fit_basis(maps.at(snapshot.w0, block), self._basis if is_alike else None)
            self._basis_of = source
        features = maps.at(snapshot.w_plus, block)
        if channel is None:
            return self._basis.components(features)
        return self._basis.channel(features, min(channel, features.shape[0] - 1))

    def _is_new(self, name: str, *source: Any) -> bool:
        if _same(source, self._made.get(name, ())):
            return False
        self._made[name] = source
        return True


class _Maps:
    """Whole maps of one generator; each is evaluated once."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self._known: list[tuple[Tensor, int, Tensor]] = []

    def at(self, w_plus: Tensor, block: int) -> Tensor:
        """Features (C, h, w) of a block at w_plus."""
        for known_w_plus, known_block, features in self._known:
            if known_w_plus is w_plus and known_block == block:
                return features
        features = block_map(self.generator, w_plus, block)
        self._known.append((w_plus, block, features))
        return features


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Tensors and generators by identity, numbers and words by value."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, int | str) and a == b) for a, b in zip(one, other, strict=True)
    )
