"""Checkpoints: exact while they are small, rounded where that keeps them small, whole or not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.train.budget import Budget, ema_decay, learning_rate_factor
from gan.train.checkpoint import read_checkpoint, tensor_bytes, write_checkpoint
from gan.train.run_folder import METRICS_FILE, RunFolder
from gan.train.settings import TrainError, TrainSettings

CPU = torch.device("cpu")


def state_of_a_run() -> dict[str, Any]:
    source = torch.Generator().manual_seed(0)
    weight = torch.randn(100, 100, generator=source)
    moments = {
        "step": torch.tensor(7.0),
        "exp_avg": torch.randn(100, 100, generator=source) * 1e-6,
        "exp_avg_sq": torch.rand(100, 100, generator=source) * 1e-12,
    }
    average = weight + 0.01 * torch.randn(100, 100, generator=source)
    return {
        "training": {
            "weights": {"a": weight},
            "average": {"a": average},
            "optimiser": {"state": {0: moments}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        },
        "step": 3,
    }


def test_small_ones_are_exact(tmp_path: Path) -> None:
    state = state_of_a_run()
    write_checkpoint(tmp_path, state)
    found = read_checkpoint(tmp_path, CPU)
    assert found is not None
    assert found["step"] == 3
    torch.testing.assert_close(found["training"], state["training"], rtol=0, atol=0)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_large_ones_are_rounded(tmp_path: Path) -> None:
    state = state_of_a_run()
    write_checkpoint(tmp_path, state, limit_bytes=tensor_bytes(state) - 1)
    assert (tmp_path / "checkpoint.pt").stat().st_size < 0.7 * tensor_bytes(state)
    found = read_checkpoint(tmp_path, CPU)
    assert found is not None
    kept, given = found["training"], state["training"]
    assert torch.equal(kept["weights"]["a"], given["weights"]["a"])
    torch.testing.assert_close(kept["average"]["a"], given["average"]["a"], rtol=0, atol=5e-5)
    for name in ("exp_avg", "exp_avg_sq"):
        a, b = (s["optimiser"]["state"][0][name] for s in (kept, given))
        assert a.dtype == torch.float32
        torch.testing.assert_close(a, b, rtol=1e-2, atol=0)


def test_there_may_be_none_or_a_damaged_one(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path, CPU) is None
    (tmp_path / "checkpoint.pt").write_bytes(b"half of someth")
    with pytest.raises(TrainError, match="cannot be read"):
        read_checkpoint(tmp_path, CPU)


def test_half_a_line_of_metrics_is_forgotten(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (1, 2, 3):
        folder.log({"step": step})
    with (tmp_path / METRICS_FILE).open("ab") as file:
        file.write(b'{"step":4,"l')
    folder.forget_after(2)
    assert (tmp_path / METRICS_FILE).read_text() == '{"step":1}\n{"step":2}\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / METRICS_FILE).symlink_to("/dev/full")
    with pytest.raises(TrainError, match=r"metrics\.jsonl': No space left on device; make room there"):
        RunFolder(tmp_path).log({"step": 1})


def test_budgets_and_rates() -> None:
    budget = Budget(minutes=2, pictures=100)
    assert budget.time_share(60) == 0.5
    assert budget.picture_share(25) == 0.25
    assert budget.time_share(500) == budget.picture_share(500) == 1
    assert Budget(minutes=2).picture_share(9) == Budget(pictures=9).time_share(9) == 0
    s = TrainSettings(warm_up_steps=10, decay_from=0.5, decay_to=0.1)
    assert learning_rate_factor(4, 0.0, s) == 0.5
    assert learning_rate_factor(99, 0.5, s) == 1
    assert learning_rate_factor(99, 0.75, s) == pytest.approx(0.5)
    assert learning_rate_factor(99, 1.0, s) == pytest.approx(0.1)
    assert ema_decay(0, s) == 0.5
    assert ema_decay(10**6, s) == s.ema_decay
    # four times the pictures in a step: what four steps of 16 would do
    assert ema_decay(10**6, replace(s, batch_size=64)) == pytest.approx(s.ema_decay**4)
