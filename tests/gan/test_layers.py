"""How layers lie in memory; what they compute is in test_generator_parity.py."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.gan.cases import small_generator
from tests.gan.nowhere import nowhere


class LayersRead(TorchDispatchMode):
    """Whether the channels of what each 3x3 layer of large maps reads come last."""

    def __init__(self) -> None:
        super().__init__()
        self.channels_last: set[bool] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ == "convolution" and args[1].shape[-2:] == (3, 3):
            x = args[0]
            if x.shape[-1] >= 32:
                self.channels_last.add(x.is_contiguous(memory_format=torch.channels_last))
        return func(*args, **(kwargs or {}))


def test_channels_come_last_on_a_processor_only() -> None:
    """A GPU's 32-bit convolutions are made for the other order; a device that holds nothing stands for it."""
    generator = small_generator(dtype=torch.float32)
    for on, expected in ((generator, True), (nowhere(generator), False)):
        with LayersRead() as seen:
            on.image(on.synthesis.const.new_zeros(on.num_ws, on.architecture.w_dim))
        assert seen.channels_last == {expected}
