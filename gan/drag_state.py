"""`DragSnapshot`: everything that a drag is, at one moment. Frozen; its tensors are never written to."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gan.adam import AdamState
from gan.drag_params import DragParams
from gan.errors import EditError
from gan.fixed_region import FixedRegion


@dataclass(frozen=True)
class DragSnapshot:
    """The state between two steps. Taking and keeping one is cheap: unchanged tensors are shared.

    w_plus, w0: (num_ws, w_dim), the latent now and at the start. handles, targets: (N, 2) px.
    handle_ids: N ids; largest_id: the largest ever given, -1 before the first.
    references: (N, C), the feature that each handle is found again by.
    centres: (N, 2) px, the places around which features were last evaluated; kept so that a
    restored session evaluates exactly the same windows.
    mask: (H, W) bool, True = movable, or None. initial_map: (C, rows, columns),
    features at w0, or None before the first mask. region: the mask's fixed region, None where
    nothing is fixed.
    """

    w_plus: Tensor
    w0: Tensor
    handles: Tensor
    targets: Tensor
    handle_ids: tuple[int, ...]
    largest_id: int
    references: Tensor
    centres: Tensor
    adam: AdamState
    mask: Tensor | None
    initial_map: Tensor | None
    params: DragParams
    iteration: int
    region: FixedRegion | None = None

    @property
    def is_masked(self) -> bool:
        """Whether a fixed region holds."""
        return self.region is not None

    @property
    def handle_count(self) -> int:
        """Number of handles."""
        return len(self.handle_ids)

    def index_of(self, handle_id: int) -> int:
        """Of a handle in `handles`, `targets` and `references`. Raises EditError where there is none."""
        if handle_id not in self.handle_ids:
            raise EditError(f"there is no handle {handle_id}; there are {list(self.handle_ids)}")
        return self.handle_ids.index(handle_id)


def new_drag(latent: Tensor, channel_count: int, params: DragParams) -> DragSnapshot:
    """A drag without handles at `latent` (num_ws, w_dim), on a feature map of that many channels."""
    no_points = latent.new_zeros((0, 2))
    return DragSnapshot(
        w_plus=latent,
        w0=latent,
        handles=no_points,
        targets=no_points,
        handle_ids=(),
        largest_id=-1,
        references=latent.new_zeros((0, channel_count)),
        centres=no_points,
        adam=no_moments(params, latent),
        mask=None,
        initial_map=None,
        params=params,
        iteration=0,
    )


def no_moments(params: DragParams, latent: Tensor) -> AdamState:
    """Adam before its first update: a row for each that is optimised, or one that they share in w space."""
    rows = params.row_count(latent.shape[0]) if params.latent_space == "w+" else 1
    return AdamState.zeros((rows, latent.shape[1]), latent)
