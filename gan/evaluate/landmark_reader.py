"""`LandmarkReader`: where a critter's landmarks are in any picture, and how far it can be believed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from gan.critters.landmarks import LANDMARK_NAMES
from gan.evaluate.common_scale import to_common_scale
from gan.evaluate.landmark_net import LandmarkNet
from gan.evaluate.work_folder import write_atomically

Points = NDArray[np.float64]  # (N, K, 2), x and y as shares of the picture's size, 0 its left or top edge

READ_AT_ONCE = 50
SHIFT = 0.0625  # of the picture: a whole number of pixels of 64, 128 and 256


def mirror_order(names: tuple[str, ...] = LANDMARK_NAMES) -> list[int]:
    """Of every landmark the one that takes its place in the mirrored picture: left and right change."""
    swap = {"left": "right", "right": "left"}
    mirrored = ["_".join(swap.get(word, word) for word in name.split("_")) for name in names]
    return [names.index(name) for name in mirrored]


@dataclass(frozen=True)
class HeldOutError:
    """Distances between found and true landmarks on renders that were not trained on, in % of the width.

    soft_mean: on the same renders reduced to half their size and enlarged again, as soft as a small
    generator's pictures. by_landmark: mean of each.
    """

    mean: float
    median: float
    p90: float
    soft_mean: float
    by_landmark: dict[str, float] = field(default_factory=dict[str, float])


class LandmarkReader:
    """Finds landmarks with a trained network, in a picture and its mirror image; their mean counts."""

    def __init__(
        self, net: LandmarkNet, size_px: int, held_out: HeldOutError, names: tuple[str, ...]
    ) -> None:
        """size_px: pictures are brought to this size first. held_out: of `landmark_training`."""
        self.net = net.eval()
        self.size_px = size_px
        self.held_out = held_out
        self.names = names
        self._mirror_order = mirror_order(names)

    @property
    def device(self) -> torch.device:
        """Where the network is; pictures may be anywhere."""
        return next(self.net.parameters()).device

    def to(self, device: torch.device | str) -> LandmarkReader:
        """The same reader on another device."""
        return LandmarkReader(self.net.to(device), self.size_px, self.held_out, self.names)

    def read(self, pictures: Tensor) -> Points:
        """pictures (N, 3, h, w) uint8 of any size -> landmarks (N, K, 2), shares."""
        starts = range(0, len(pictures), READ_AT_ONCE)
        blocks = (pictures[i : i + READ_AT_ONCE].to(self.device) for i in starts)
        found = [self.read_scaled(to_common_scale(block, self.size_px)) for block in blocks]
        return torch.cat(found).cpu().double().numpy()  # sync: positions are judged on the host

    @torch.no_grad()
    def read_scaled(self, values: Tensor) -> Tensor:
        """values (N, 3, size_px, size_px) in -1..1, on the reader's device -> landmarks (N, K, 2), shares."""
        both = torch.cat([values, values.flip(3)])  # (2N, 3, S, S)
        direct, mirrored = self.net(both.contiguous(memory_format=torch.channels_last)).chunk(2)
        mirrored = mirrored[:, self._mirror_order]  # (N, K, 2)
        mirrored = torch.stack([1 - mirrored[..., 0], mirrored[..., 1]], dim=-1)
        return (direct + mirrored) / 2

    def inconsistency(self, pictures: Tensor) -> float:
        """How badly landmarks follow when pictures (N, 3, h, w) uint8 are shifted: median, % of the width.

        About the held-out error on critters; about the shift (6.25) on pictures of anything else, where the
        network finds what it finds anywhere. It needs no truth, so it judges pictures of a generator too.
        """
        values = to_common_scale(pictures.to(self.device), self.size_px)
        shift_px = round(SHIFT * self.size_px)
        moved: list[Tensor] = []
        plain = self.read_scaled(values)
        for direction in (-shift_px, shift_px):
            padded = torch.nn.functional.pad(values, (abs(direction),) * 4, mode="replicate")
            start = abs(direction) - direction
            size = self.size_px
            shifted = padded[:, :, abs(direction) : abs(direction) + size, start : start + size]
            found = self.read_scaled(shifted)
            found[..., 0] -= direction / self.size_px
            moved.append((found - plain).square().sum(dim=-1).sqrt())
        return 100 * float(torch.stack(moved).median())  # sync: one number to judge by

    def save(self, path: Path) -> None:
        """Writes network and held-out error, or nothing at all. Raises EvaluationError."""
        about = {"size_px": self.size_px, "names": self.names, "held_out": asdict(self.held_out)}
        tensors = {name: tensor.contiguous() for name, tensor in self.net.state_dict().items()}
        write_atomically(path, save(tensors, {"landmarks": msgspec.json.encode(about).decode()}))

    @staticmethod
    def load(path: Path) -> LandmarkReader | None:
        """What `save` wrote; None where there is nothing, or nothing whole."""
        try:
            data = path.read_bytes()
            tensors = load(data)
            header_size = int.from_bytes(data[:8], "little")  # the format's own layout: size, then JSON
            header = msgspec.json.decode(data[8 : 8 + header_size], type=_Header)
            about = msgspec.json.decode(header.metadata["landmarks"], type=_About)
            net = LandmarkNet(len(about.names))
            net.load_state_dict(tensors)
        except (OSError, KeyError, SafetensorError, msgspec.MsgspecError, RuntimeError):
            return None
        return LandmarkReader(net, about.size_px, about.held_out, about.names)


class _Header(msgspec.Struct):
    metadata: dict[str, str] = msgspec.field(name="__metadata__")


class _About(msgspec.Struct):
    size_px: int
    names: tuple[str, ...]
    held_out: HeldOutError
