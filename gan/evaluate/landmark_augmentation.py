"""What renders go through before the landmark network sees them, so that a generator's softer, off-colour and
off-centre pictures are nothing new to it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TURN = 0.15  # radians, either way
ZOOM = 0.15  # natural logarithm, either way
SHIFT = 0.06  # of the picture's size, either way
LEAST_DETAIL = 0.35  # of the input's size: as soft as a generator of a third of its size
NOISE = 0.03


def augment(
    pictures: Tensor, landmarks: Tensor, mirror_order: list[int], source: torch.Generator
) -> tuple[Tensor, Tensor]:
    """pictures (N, 3, S, S) uint8, landmarks (N, K, 2) shares -> both changed, pictures in -1..1.

    source: a CPU generator, so that every device sees the same changes.
    """
    count, device = len(pictures), pictures.device

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=source).to(device)

    values = pictures.float() / 127.5 - 1
    flip = draw(count) < 0.5
    values = torch.where(flip[:, None, None, None], values.flip(3), values)
    mirrored = landmarks[:, mirror_order]
    mirrored = torch.stack([1 - mirrored[..., 0], mirrored[..., 1]], dim=-1)
    landmarks = torch.where(flip[:, None, None], mirrored, landmarks)
    values, landmarks = _moved(
        values,
        landmarks,
        turn=(2 * draw(count) - 1) * TURN,
        zoom=((2 * draw(count) - 1) * ZOOM).exp(),
        shift=(2 * draw(count, 2) - 1) * 2 * SHIFT,  # affine_grid's picture is 2 wide
    )
    if draw(1).item() < 0.5:
        values = softened(values, LEAST_DETAIL + (1 - LEAST_DETAIL) * draw(1).item())
    gain = 0.8 + 0.4 * draw(count, 3, 1, 1)
    offset = 0.2 * (draw(count, 1, 1, 1) - 0.5)
    values = ((values + 1) / 2 * gain + offset) * 2 - 1
    noise = torch.randn(values.shape, generator=source).to(device) * (NOISE * draw(count, 1, 1, 1))
    return (values + noise).contiguous(memory_format=torch.channels_last), landmarks


def softened(values: Tensor, detail: float) -> Tensor:
    """values (N, 3, S, S) reduced to `detail` of their size and enlarged again."""
    size = values.shape[-1]
    small = max(8, round(size * detail))
    reduced = functional.interpolate(values, size=(small, small), mode="bicubic", antialias=True)
    return functional.interpolate(reduced, size=(size, size), mode="bicubic")


def _moved(
    values: Tensor, landmarks: Tensor, turn: Tensor, zoom: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor]:
    """Turned by `turn` (N,), reduced `zoom` times (N,), shifted (N, 2); what comes in is mirrored border."""
    cosine, sine = turn.cos() * zoom, turn.sin() * zoom
    rows = torch.stack([torch.stack([cosine, -sine], dim=1), torch.stack([sine, cosine], dim=1)], dim=1)
    where_from = torch.cat([rows, shift[:, :, None]], dim=2)  # (N, 2, 3): new position -> old
    grid = functional.affine_grid(where_from, list(values.shape), align_corners=False)
    seen = functional.grid_sample(values, grid, padding_mode="reflection", align_corners=False)
    old = landmarks * 2 - 1 - shift[:, None]  # (N, K, 2)
    new = old @ torch.inverse(rows).transpose(1, 2)
    return seen, (new + 1) / 2
