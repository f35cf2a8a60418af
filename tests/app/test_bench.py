"""The benchmark's own machinery on a tiny generator: the numbers' meaning, not their size."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from app.cli import main
from gan.random_model import random_tensors
from tests.app.tiny import SIZE, tiny_architecture, tiny_generator
from tests.benchmarks import case_bench
from tests.benchmarks.case_bench import bench_cases
from tests.benchmarks.machine import this_machine
from tests.benchmarks.result_file import HEADINGS, BenchResult, describe_window, rows, to_json, to_markdown
from tests.benchmarks.step_bench import bench_steps
from tests.benchmarks.subjects import Subject
from tests.benchmarks.window_bench import Latency, WindowBench, read_trace
from tests.reference.loop import ReferenceDrag


def tiny_subject() -> Subject:
    architecture = tiny_architecture()
    return Subject(
        "tiny", f"tiny, {SIZE} px", random_tensors(architecture, 1), architecture, tiny_generator()
    )


def test_one_generator_is_measured() -> None:
    bench = bench_steps(tiny_subject(), with_memory=False)
    assert bench.ratio == pytest.approx(bench.reference_step_ms / bench.step_ms, abs=0.02)
    assert 0 < bench.step_ms < 1000
    assert bench.reference_step_gmac >= bench.step_gmac >= 0
    assert bench.step_and_picture_ms == pytest.approx(bench.step_ms + bench.picture_ms, abs=0.02)
    assert bench.peak_memory_mb is None


def test_a_result_as_json_and_as_a_page() -> None:
    bench = bench_steps(tiny_subject(), with_memory=False)
    window = WindowBench(first_picture_ms=2345.6, frame_p95_ms=21.5, frame_median_ms=17, frame_count=180)
    result = BenchResult(
        date="2026-01-02T03:04:05+00:00", machine=this_machine(), window=window, steps=[bench]
    )
    assert msgspec.json.decode(to_json(result), type=BenchResult) == result
    page = to_markdown(result)
    assert this_machine().cpu_model in page
    assert "2346 ms after the command" in page
    assert "95th percentile 21.5 ms" in page
    assert all(len(row) == len(HEADINGS) for row in rows(result))
    assert "not measured: no display" in to_markdown(
        msgspec.structs.replace(result, window=WindowBench(not_measured="no display"))
    )


def test_the_frames_with_every_overlay_are_told_where_they_were_measured() -> None:
    window = WindowBench(first_picture_ms=2345.6, frame_p95_ms=21.5, frame_median_ms=17, frame_count=180)
    assert not any("overlay" in line for line in describe_window(window))
    measured = msgspec.structs.replace(
        window, overlays_frame_p95_ms=31.26, overlays_frame_median_ms=20.0, overlays_steps_per_second=9.0
    )
    (line,) = (line for line in describe_window(measured) if "every overlay" in line)
    assert "95th percentile 31.3 ms, median 20.0 ms, and 9.0 drag steps a second" in line


def test_so_many_rounds_as_were_asked_for() -> None:
    assert bench_steps(tiny_subject(), with_memory=False, repeats=2).round_count == 2


@pytest.mark.parametrize("slow", [False, True])
def test_a_slow_reference_runs_once_in_every_case(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    reference_step = ReferenceDrag.step
    if slow:
        monkeypatch.setattr(case_bench, "COUNTED_IS_TIMED_MS", 0.0)
    monkeypatch.setattr(ReferenceDrag, "step", lambda self: runs.append("") or reference_step(self))
    cases = bench_cases(tiny_subject(), repeats=3)
    compared = [case for case in cases if case.ratio is not None]
    assert len(cases) == 8
    assert len(compared) == 4
    assert len(runs) == len(compared) * (1 if slow else 1 + 3)
    assert all(case.reference_gmac is not None and case.reference_step_ms for case in compared)


def test_a_window_trace_is_read(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    lines = [
        {"event": "first_picture", "ms": 9.0, "first_picture_at": 1002.5},
        {
            "event": "frames",
            "frame_ms": [float(ms) for ms in range(1, 102)],
            "step_ms": [4.0],
            "marker_latency_ms": [20.0, 30.0, 40.0],
            "response_latency_ms": [50.0],
        },
    ]
    trace.write_text("\n".join(json.dumps(line) for line in lines))
    bench = read_trace(trace, 1000.0, "Xvfb")
    assert bench.first_picture_ms == 2500.0
    assert bench.frame_count == 101
    assert bench.frame_median_ms == 51
    assert bench.frame_p95_ms == pytest.approx(96)
    assert bench.steps_per_second == pytest.approx(1 / 5.151, abs=0.01)
    assert bench.marker == Latency(30.0, 39.0)
    assert bench.response is None
    assert "the marker follows after 30 ms (95th percentile 39 ms)" in " ".join(describe_window(bench))
    trace.write_text("")
    assert read_trace(trace, 0.0, "Xvfb").not_measured is not None


def test_bench_refuses_what_it_cannot_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    for arguments in (
        ["--only", "random-7"],
        ["--threads", "0"],
        ["--repeats", "0"],
        ["--json", str(tmp_path / "file" / "b.json")],
        ["--json", str(tmp_path)],
    ):
        assert main(["bench", "--no-window", *arguments]) == 2
        streams = capsys.readouterr()
        assert streams.out == ""
        assert len(streams.err.splitlines()) == 1
