"""The benchmark's own machinery on a tiny generator: the numbers' meaning, not their size."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.cli import main
from app.commands.bench import write_result
from app.errors import OutputError
from gan.drag_params import DragParams
from gan.half_precision import HalfPrecision
from gan.model_file import load_generator
from gan.random_model import random_tensors
from tests.app.tiny import SIZE, tiny_architecture, tiny_generator
from tests.benchmarks import case_bench, result_file
from tests.benchmarks.case_bench import bench_cases, case_table
from tests.benchmarks.machine import this_machine
from tests.benchmarks.recording_bench import RecordingBench
from tests.benchmarks.result_file import (
    HEADINGS,
    BenchResult,
    describe_window,
    rows,
    tables,
    to_json,
    to_markdown,
)
from tests.benchmarks.session_bench import SavedSession, SessionBench, measure
from tests.benchmarks.step_bench import bench_steps
from tests.benchmarks.studio_bench import StudioBench, describe_studio, window_rows
from tests.benchmarks.subjects import Subject, make_subject
from tests.benchmarks.window_bench import LEFT_OUT, Latency, WindowBench, read_trace
from tests.reference.loop import ReferenceDrag


def tiny_subject() -> Subject:
    architecture = tiny_architecture()
    return Subject(
        "tiny", f"tiny, {SIZE} px", random_tensors(architecture, 1), architecture, tiny_generator()
    )


def test_half_layers_are_those_of_our_drags() -> None:
    half = HalfPrecision(lowest_resolution=8)
    session = replace(tiny_subject(), half=half).session(DragParams())
    assert session.half == half
    session.step()
    assert "16 bits" in make_subject("embedded", half=half).title


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


def studio_bench() -> StudioBench:
    """Numbers that differ, none of them measured."""
    bare = WindowBench(
        frame_p95_ms=21.5, frame_median_ms=17.0, work_p95_ms=9.5, work_median_ms=6.5, frame_count=180
    )
    overlaid = msgspec.structs.replace(bare, frame_p95_ms=31.26, steps_per_second=9.0)
    recorded = msgspec.structs.replace(bare, work_median_ms=8.25, recorded_count=120, left_out_count=3)
    saved = SavedSession(50, 1.5, 2.5, 0.5, 4.0, 3.0)
    session = SessionBench(
        generator="tiny, 32 px",
        step_ms=3.0,
        short=saved,
        long=msgspec.structs.replace(saved, step_count=10_000, save_median_ms=7.75),
        resident_mb=301.0,
        grown_mb=12.5,
        kept_states_mb=11.0,
        look_back_worst_ms=40.0,
        largest_grown_mb=70.0,
        largest_kept_mb=64.0,
        largest_kept_count=900,
        largest_stride=8,
    )
    recording = RecordingBench((1032, 788), {"host": 1.5}, {"host": 2.5}, {"mp4": 9.0})
    return StudioBench(bare, overlaid, recorded, recording, session)


def test_what_the_studio_costs_is_told_with_the_machine() -> None:
    nothing = BenchResult(
        date="2026-01-02T03:04:05+00:00",
        machine=this_machine(),
        window=WindowBench(not_measured=LEFT_OUT),
        steps=[],
    )
    assert tables(nothing) == []
    result = msgspec.structs.replace(nothing, studio=studio_bench())
    assert msgspec.json.decode(to_json(result), type=BenchResult) == result
    page = to_markdown(result)
    assert this_machine().cpu_model in page
    for row in (
        "| no overlay | 21.5 | 17.0 | 9.5 | 6.5 | 180 | - | - | - |",
        "| every overlay on | 31.3 | 17.0 | 9.5 | 6.5 | 180 | 9.0 | - | - |",
        "| no overlay, recorded as .mp4 | 21.5 | 17.0 | 9.5 | 8.2 | 180 | - | 120 | 3 |",
        "| short | 50 | 1.5 | 2.5 | 0.5 | 4.0 | 3.0 |",
        "| long | 10000 | 7.8 | 2.5 | 0.5 | 4.0 | 3.0 |",
    ):
        assert row in page
    assert "Memory after 10000 real steps (tiny, 32 px; 3.0 ms each): 301 MB, 12.5 MB more" in page
    assert "the encoder's thread 9.0 ms (mp4)" in page
    assert "our step ms" not in page, "no table of generators where none was measured"
    assert "Window:" not in page


def test_a_window_that_was_not_measured_says_why_and_has_no_row() -> None:
    studio = StudioBench(bare=WindowBench(not_measured="no display"))
    assert window_rows(studio) == []
    assert describe_studio(studio) == ["The window with no overlay: not measured: no display."]
    both = msgspec.structs.replace(studio, recorded=studio.bare)
    assert describe_studio(both) == ["The window with no overlay, recording: not measured: no display."]


def test_one_kind_of_result_does_not_take_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_file, "RESULTS", tmp_path)
    machine = this_machine()
    steps = [bench_steps(tiny_subject(), with_memory=False, repeats=1)]
    for measured, cases in ((steps, {}), (steps, {"tiny": []}), ([], {})):
        window = WindowBench(not_measured=LEFT_OUT)
        result_file.store(
            BenchResult(date="2026-01-02", machine=machine, window=window, steps=measured, cases=cases)
        )
    assert len(list(tmp_path.glob("*.json"))) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="needs a process's memory from Linux")
def test_a_session_is_measured_and_a_slow_generator_gives_way() -> None:
    bench = measure(step_count=70, longest_s=0.0)
    assert bench.generator.startswith("random weights, 32 px: the embedded one takes")
    assert (bench.short.step_count, bench.long.step_count) == (50, 70)
    assert bench.long.save_worst_ms >= bench.long.save_median_ms > 0
    assert bench.resident_mb > bench.kept_states_mb > 0
    assert bench.largest_kept_count == 70
    assert measure(step_count=60).generator.startswith(load_generator().provenance.name)


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
    assert len(compared) == 3
    assert len(runs) == len(compared) * (1 if slow else 1 + 3)
    assert all(case.reference_gmac is not None and case.reference_step_ms for case in compared)


def test_every_case_has_its_picture_beside_the_references_own() -> None:
    """The reference's pass makes the picture in any case: with it, a step costs little more, never less."""
    cases = bench_cases(tiny_subject(), repeats=2)
    for case in cases:
        ours, slow = case.step_and_picture_ms, case.reference_step_and_picture_ms
        assert (slow is None) == (case.reference_step_ms is None)
        if slow is not None and case.reference_step_ms is not None:
            assert slow >= case.reference_step_ms
            assert case.picture_ratio == pytest.approx(slow / ours, abs=0.02)
    headings, _, *lines = case_table(cases)
    column = headings.split("|").index(" reference step + picture ms ")
    shown = [line.split("|")[column].strip() for line in lines]
    assert [cell == "-" for cell in shown] == [case.reference_step_ms is None for case in cases]


def test_the_references_picture_is_that_of_its_network() -> None:
    reference = tiny_subject().reference()
    before = reference.w_plus().detach()
    reference.step()
    picture, _, _ = reference.network.synthesis(before)
    assert reference.shown_picture().shape == (SIZE, SIZE, 3)
    expected = (picture[0].detach().numpy().transpose(1, 2, 0) * 127.5 + 128).clip(0, 255)
    assert abs(reference.shown_picture() - expected).max() < 1.01


def test_a_reference_of_seconds_is_not_asked_for_32_handles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_bench, "MANY_HANDLES_LIMIT_MS", 0.0)
    cases = bench_cases(tiny_subject(), repeats=1)
    assert [(c.layout, c.masked) for c in cases if c.ratio is not None] == [("1", False), ("1", True)]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a process's memory from Linux")
def test_the_embedded_generators_cases_as_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_file, "RESULTS", tmp_path)
    few = ["--only", "embedded", "--repeats", "1", "--no-window", "--no-studio", "--store"]
    assert main(["bench", "--cases", *few]) == 0
    capsys.readouterr()
    (page,) = (path.read_text() for path in tmp_path.glob("*-cases.md"))
    (result,) = (msgspec.json.decode(path.read_bytes(), type=BenchResult) for path in tmp_path.glob("*.json"))
    assert "`livedrag bench --cases --store`" in page
    assert "one handle, no mask" not in page
    assert "## embedded" in page
    measured = {
        (case.layout, case.masked): case.memory_mb for case in result.cases["embedded"] if case.memory_mb
    }
    assert set(measured) == {("1", False), ("1", True)}
    assert measured["1", False] == result.steps[0].peak_memory_mb


def test_a_window_trace_is_read(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    lines = [
        {"event": "first_picture", "ms": 9.0, "first_picture_at": 1002.5},
        {
            "event": "frames",
            "frame_ms": [float(ms) for ms in range(1, 102)],
            "work_ms": [3.0, 5.0, 7.0],
            "step_ms": [4.0],
            "marker_latency_ms": [20.0, 30.0, 40.0],
            "response_latency_ms": [50.0],
        },
        {"event": "recording", "recorded_count": 90, "left_out_count": 2},
    ]
    trace.write_text("\n".join(json.dumps(line) for line in lines))
    bench = read_trace(trace, 1000.0, "Xvfb")
    assert bench.first_picture_ms == 2500.0
    assert bench.frame_count == 101
    assert bench.frame_median_ms == 51
    assert bench.frame_p95_ms == pytest.approx(96)
    assert (bench.work_median_ms, bench.work_p95_ms) == (5.0, pytest.approx(6.8))
    assert (bench.recorded_count, bench.left_out_count) == (90, 2)
    assert bench.steps_per_second == pytest.approx(1 / 5.151, abs=0.01)
    assert bench.marker == Latency(30.0, 39.0)
    assert bench.response is None
    assert "the marker follows after 30 ms (95th percentile 39 ms)" in " ".join(describe_window(bench))
    trace.write_text("")
    assert read_trace(trace, 0.0, "Xvfb").not_measured is not None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_result_that_finds_no_room_is_one_line() -> None:
    with pytest.raises(OutputError, match="No space left on device; give another file"):
        write_result(Path("/dev/full"), "x" * 10_000)


def test_bench_refuses_what_it_cannot_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    for arguments in (
        ["--only", "random-7"],
        ["--threads", "0"],
        ["--threads", "many"],
        ["--repeats", "0"],
        ["--studio", "--only", "embedded"],
        ["--studio", "--no-studio"],
        ["--json", str(tmp_path / "file" / "b.json")],
        ["--json", str(tmp_path)],
    ):
        assert main(["bench", "--no-window", *arguments]) == 2
        streams = capsys.readouterr()
        assert streams.out == ""
        assert len(streams.err.splitlines()) == 1
