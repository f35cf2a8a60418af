"""The network that finds landmarks: heat maps, and the mean position under each (Sun et al. 2018, 'Integral
human pose regression'). Positions are shares of the picture: 0 its left or top edge, 1 the other one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (24, 48, 96, 128)  # channels at 1/2, 1/4, 1/8 and 1/16 of the input


class LandmarkNet(nn.Module):
    """Pictures (N, 3, S, S) in -1..1, S a multiple of 16 -> landmarks.

    Down to 1/16, where a cell sees the whole head, and back up to 1/2, where positions are sharp. Regressing
    the numbers directly from pooled features was rejected: several times less accurate for the same work.
    """

    def __init__(self, landmark_count: int) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.down1 = _block(3, a, stride=2)
        self.down2 = nn.Sequential(_block(a, b, stride=2), _block(b, b))
        self.down3 = nn.Sequential(_block(b, c, stride=2), _block(c, c))
        self.down4 = nn.Sequential(_block(c, d, stride=2), _block(d, d))
        self.up3 = _Merge(d, c, c)
        self.up2 = _Merge(c, b, b)
        self.up1 = _Merge(b, a, a)
        self.heat = nn.Conv2d(a, landmark_count, 1)

    def heat_maps(self, pictures: Tensor) -> Tensor:
        """Logits (N, K, S / 2, S / 2)."""
        fine = self.down1(pictures)  # (N, a, S/2, S/2)
        middle = self.down2(fine)  # (N, b, S/4, S/4)
        coarse = self.down3(middle)  # (N, c, S/8, S/8)
        up = self.up3(self.down4(coarse), coarse)
        up = self.up2(up, middle)
        return self.heat(self.up1(up, fine))

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, K, 2) x and y as shares."""
        return mean_positions(self.heat_maps(pictures))


def mean_positions(heat_maps: Tensor) -> Tensor:
    """Soft arg-max: logits (N, K, h, w) -> (N, K, 2), the mean cell centre under their softmax, a share."""
    height, width = heat_maps.shape[-2:]
    weights = heat_maps.flatten(2).softmax(dim=-1).view_as(heat_maps)  # (N, K, h, w)
    x = (torch.arange(width, device=heat_maps.device) + 0.5) / width
    y = (torch.arange(height, device=heat_maps.device) + 0.5) / height
    return torch.stack([(weights.sum(dim=-2) * x).sum(dim=-1), (weights.sum(dim=-1) * y).sum(dim=-1)], dim=-1)


class _Merge(nn.Module):
    """A coarse map, doubled, joined with the finer one that it came from."""

    def __init__(self, coarse: int, fine: int, out: int) -> None:
        super().__init__()
        self.lift = nn.Conv2d(coarse, fine, 1)
        self.blend = _block(fine, out)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        raised = functional.interpolate(self.lift(coarse), scale_factor=2, mode="bilinear")
        return self.blend(raised + fine)


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
