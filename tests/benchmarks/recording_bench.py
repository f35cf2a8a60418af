"""What recording costs: the window's thread for each captured frame, and the encoder's thread beside it.

The window pays for a frame only what `Capture` does: ask for the composition, fetch it a frame later; and,
where the recording shows something else than the canvas, compose that.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from render.compositor import Compositor
from render.errors import RenderError
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.offscreen import OffscreenContext
from render.scene import DragMarker, Scene, View

SIZE = (1032, 788)  # the canvas of a window as it opens
COUNT = 40
PICTURE_PX = 256


class RecordingBench(msgspec.Struct, frozen=True):
    """Medians, ms a frame of SIZE.

    capture_ms: the window's thread, by display, where the recording shows the canvas; picture_capture_ms:
    where it composes the clean picture beside it. encode_ms: the encoder's thread, by kind of file.
    """

    size: tuple[int, int]
    capture_ms: dict[str, float]
    picture_capture_ms: dict[str, float]
    encode_ms: dict[str, float]


def bench_recording() -> RecordingBench:
    """Measures both threads, each alone."""
    captures: dict[str, float] = {}
    beside: dict[str, float] = {}
    captures["host"], beside["host"] = _captures(HostCompositor())
    try:
        with OffscreenContext():
            compositor = GlCompositor()
            captures["gl"], beside["gl"] = _captures(compositor)
            compositor.close()
    except RenderError:
        pass  # no GL here: the portable display is measured alone
    return RecordingBench(
        SIZE, captures, beside, {kind: _encode(kind) for kind in ("mp4", "webm", "gif", "png")}
    )


def _captures(compositor: Compositor) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (PICTURE_PX, PICTURE_PX, 3), dtype=np.uint8)
    compositor.set_picture(picture)
    companion = compositor.companion()
    scale = SIZE[1] / PICTURE_PX
    view = View(scale, (SIZE[0] - SIZE[1]) / 2, 0.0)

    def canvas(i: int) -> Scene:
        marker = DragMarker((40.0 + i, 60.0), (200.0, 90.0), (1.0, 0.4, 0.3))
        return Scene(SIZE, view, (marker,), mask_opacity=0.0)

    def shown() -> None:
        compositor.begin_read()
        compositor.take_read()

    def clean(i: int) -> None:
        companion.compose(Scene((SIZE[1], SIZE[1]), View(scale, 0.0, 0.0), mask_opacity=0.0))
        companion.begin_read()
        companion.take_read()

    def measure(action: Callable[[int], None]) -> float:
        times: list[float] = []
        for i in range(COUNT):
            compositor.set_picture(np.roll(picture, i, axis=1))
            compositor.compose(canvas(i))
            began = time.perf_counter()
            action(i)
            times.append((time.perf_counter() - began) * 1000)
        return round(statistics.median(times), 2)

    result = measure(lambda _i: shown()), measure(clean)
    companion.close()
    return result


def _encode(kind: str) -> float:
    """The whole of the encoder's thread: cursor, mark, conversion, encoder, disk."""
    # only now: where nothing is recorded, steps are measured without PyAV too
    from app.recording.cursor import Cursor
    from app.recording.frame_writer import MovieFile, open_writer
    from app.recording.recorder import Recorder, Shot

    frames = [_canvas_frame(i) for i in range(COUNT)]
    with tempfile.TemporaryDirectory() as folder:
        movie = MovieFile(Path(folder) / f"a.{kind}", SIZE, 30, live=True)
        with open_writer(movie) as writer:
            # not run by a thread: what it does with each frame is measured
            recorder = Recorder(movie, open_file=lambda _movie: writer, start=False)
            times: list[float] = []
            for i, frame in enumerate(frames):
                began = time.perf_counter()
                writer.add(recorder.finished(Shot(i, frame, Cursor(300.0 + i, 200.0))))
                times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 2)


def _canvas_frame(i: int) -> np.ndarray:
    """Smooth and moving, as a drag is."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    waves = [127 + 80 * np.sin(x / 60 + k + i / 9) + 45 * np.cos(y / 45 + k - i / 15) for k in range(3)]
    alpha = np.full_like(x, 255)
    return np.stack([*waves, alpha], axis=-1).clip(0, 255).astype(np.uint8)
