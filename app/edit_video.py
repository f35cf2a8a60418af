"""`EditVideo`: an edit as a video, one frame for every step, composed without GL.

It opens on the picture alone, shows what will be pulled where, follows the drag, and rests on the result.
"""

from __future__ import annotations

import colorsys
from pathlib import Path
from types import TracebackType

from app.animation import AnimationWriter
from app.export import marked
from app.recording import VideoWriter
from app.session.edit_session import EditSession, Picture
from render.host_compositor import HostCompositor
from render.scene import Colour, DragMarker, MarkerState, Scene, View

FPS = 30
VIDEO_PX = 512  # pictures are enlarged by a whole factor to about this
LONGEST_DRAG_FRAMES = 20 * FPS  # a longer edit skips steps evenly, so that it stays pleasant to watch
PLAIN_START_FRAMES = FPS * 6 // 10
MARKED_START_FRAMES = FPS * 7 // 10
MARKED_END_FRAMES = FPS * 6 // 10
PLAIN_END_FRAMES = FPS * 12 // 10
MASK_FADE_FRAMES = FPS // 2
MASK_OPACITY = 0.45


class EditVideo:
    """Writes an MP4, GIF or WebP of an edit: `start`, `step` after every step, `end`, inside a `with`."""

    def __init__(self, path: Path, size: tuple[int, int], step_count: int, mark: bool = True) -> None:
        """size: the picture's (width, height); step_count: steps to come at most. Raises OutputError."""
        scale = max(1, round(VIDEO_PX / max(size)))
        self._size = (size[0] * scale, size[1] * scale)
        self._view = View(float(scale), 0.0, 0.0)
        self._every = -(-step_count // LONGEST_DRAG_FRAMES) if step_count else 1
        self._mark = mark
        self._steps = 0
        self._compositor = HostCompositor()
        writer = VideoWriter if path.suffix == ".mp4" else AnimationWriter
        self._writer = writer(path, self._size, FPS)

    def __enter__(self) -> EditVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._compositor.close()
        self._writer.__exit__(kind, error, trace)

    @property
    def frame_count(self) -> int:
        """Frames written so far."""
        return self._writer.frame_count

    def start(self, session: EditSession) -> None:
        """The picture alone for a moment, then with handles, targets and mask."""
        self._writer.add(self._frame(session, show_markers=False), PLAIN_START_FRAMES)
        self._writer.add(self._frame(session, mask_opacity=MASK_OPACITY), MARKED_START_FRAMES)

    def step(self, session: EditSession) -> None:
        """One frame of the drag (or none, where steps are skipped)."""
        self._steps += 1
        if self._steps % self._every == 0:
            opacity = MASK_OPACITY * max(0.0, 1 - self._steps / self._every / MASK_FADE_FRAMES)
            self._writer.add(self._frame(session, mask_opacity=opacity))

    def end(self, session: EditSession) -> None:
        """The result with its handles for a moment, then alone."""
        state = "done" if session.session.is_done else "idle"
        self._writer.add(self._frame(session, state=state), MARKED_END_FRAMES)
        self._writer.add(self._frame(session, show_markers=False), PLAIN_END_FRAMES)

    def _frame(
        self,
        session: EditSession,
        show_markers: bool = True,
        mask_opacity: float = 0.0,
        state: MarkerState = "idle",
    ) -> Picture:
        drag = session.session
        self._compositor.set_picture(drag.image())
        self._compositor.set_mask(session.painted_mask)
        handles = drag.handles.tolist()  # sync: a video frame is made on the host
        markers = tuple(
            DragMarker((x, y), (u, v), handle_colour(handle_id), state)
            for handle_id, (x, y), (u, v) in zip(drag.handle_ids, handles, drag.targets.tolist(), strict=True)
        )
        self._compositor.compose(
            Scene(self._size, self._view, markers, show_markers=show_markers, mask_opacity=mask_opacity)
        )
        frame = self._compositor.read()
        return marked(frame) if self._mark else frame


def handle_colour(handle_id: int) -> Colour:
    """A clear colour of a handle, red first; neighbours differ by the golden angle."""
    return colorsys.hsv_to_rgb((handle_id * 0.381966 + 0.985) % 1.0, 0.82, 1.0)
