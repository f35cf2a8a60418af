"""The bench of paired training: its numbers are of one another, and its page tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from gan.train.request import TrainRequest
from gan.train.settings import PrecisionName, TrainSettings
from tests.benchmarks.machine import this_machine
from tests.benchmarks.recorded_operations import RecordedOperations
from tests.benchmarks.train_bench import TrainBenchResult, bench, to_markdown
from tests.gan.train.sets import write_paired_set

CPU = torch.device("cpu")


def test_products_are_done_again_alone() -> None:
    x = torch.randn(2, 8, 6, 6, requires_grad=True)
    weight = torch.randn(4, 8, 3, 3, requires_grad=True)

    def work() -> None:
        y = F.conv2d(x, weight, padding=1).relu()
        torch.autograd.grad(((y.flatten(1) @ torch.ones(144, 5)) ** 2).sum(), (x, weight))

    operations, counted, again = RecordedOperations(), FlopCounterMode(display=False), RecordedOperations()
    with operations:
        work()
    with counted:
        work()
    alone = FlopCounterMode(display=False)
    products = operations.products(CPU)
    with again, alone:
        products()
    assert alone.get_total_flops() == counted.get_total_flops() > 0
    assert again.count == 4, "a convolution, a product, and what goes back through each"
    assert operations.count > again.count


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_short_bench(tmp_path: Path, precision: PrecisionName) -> None:
    request = TrainRequest(paired=write_paired_set(tmp_path), resolution=16, channel_base=64, channel_max=8)
    settings = TrainSettings(batch_size=4, precision=precision)
    run = bench(request, settings, CPU, 0.1)
    assert run.recorded is None, "a processor has no graphs"
    assert run.launched.pictures_per_s == pytest.approx(4000 / run.launched.step_ms, rel=0.02)
    assert run.ratio == pytest.approx(run.launched.step_ms / run.products_ms, rel=0.05)
    assert run.gflop_per_picture > 0
    assert run.operations > 100
    page = to_markdown(TrainBenchResult(this_machine(), [run]))
    row = next(line for line in page.splitlines() if line.startswith("| 4 | 16 |"))
    assert f" {run.products_ms:.2f} " in row
    headings = next(line for line in page.splitlines() if line.startswith("| batch"))
    assert row.count("|") == headings.count("|")
