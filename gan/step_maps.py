"""`StepMaps`: what a drag's steps go through, by the parameters in force, kept on the generator's device."""

from __future__ import annotations

from torch import Tensor

from gan.drag_params import DragParams
from gan.generator import Generator
from gan.latent_spread import hearing_of

KEPT_STEP_MAPS = 2  # with and without a mask


class StepMaps:
    """params: whose maps are wanted; may be replaced. It does not hold the sources that ask it: they, and the
    device memory of their kernels, go as soon as nobody does."""

    def __init__(self, generator: Generator, params: DragParams) -> None:
        self.params = params
        self._generator = generator
        self._maps: dict[tuple[float, int], Tensor] = {}

    def in_force(self, masked: bool) -> Tensor | None:
        """(w_dim, w_dim), see `gan.latent_spread`; None where steps are taken as they are. masked: whether a
        fixed region holds. Few are kept: a slider asks for many."""
        whitening = self.params.whitening_in_force(masked)
        if whitening == 0:
            return None
        generator = self._generator
        rows = self.params.row_count(generator.num_ws)
        key = whitening, rows
        if key not in self._maps:
            hearing = hearing_of(generator.synthesis, rows)
            found = generator.latent_spread.step_map(whitening, hearing)
            while len(self._maps) >= KEPT_STEP_MAPS:
                del self._maps[next(iter(self._maps))]
            self._maps[key] = found.to(generator.device, generator.dtype)
        return self._maps[key]
