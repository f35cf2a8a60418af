"""`DragSnapshot`: everything that a drag is, at one moment. Frozen; its tensors are never written to."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gan.adam import AdamState
from gan.drag_params import DragParams


@dataclass(frozen=True)
class DragSnapshot:
    """The state between two steps. Taking and keeping one is cheap: unchanged tensors are shared.

    w_plus, w0: (num_ws, w_dim), the latent now and at the start. handles, targets: (N, 2) px.
    handle_ids: N ids; largest_id: the largest ever given, -1 before the first.
    references: (N, C), the feature that each handle is found again by.
    centres: (N, 2) px, the places around which features were last evaluated; kept so that a
    restored session evaluates exactly the same windows.
    mask: (H, W) bool, True = movable, or None. initial_map: (C, F, F), features at w0; None without a mask.
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

    @property
    def handle_count(self) -> int:
        """Number of handles."""
        return len(self.handle_ids)
