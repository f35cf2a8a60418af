"""`render_movie`: makes a movie's frames, at full resolution and without GL, and writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.movie.edit_path import Keyframe, Scene
from app.movie.options import MovieOptions
from app.movie.timeline import Moment, timeline
from app.picture_scene import handle_colour
from app.provenance import PictureProvenance
from app.recording.frame_writer import FrameWriter, MovieFile, Picture, open_writer
from app.visible_mark import VisibleMark
from gan.generator import Generator, to_uint8
from render.host_compositor import HostCompositor
from render.scene import DragMarker, View
from render.scene import Scene as Composition

SMALL_PX = 512  # smaller pictures are enlarged by a whole factor to about this
MARKERS_MADE_FOR_PX = 640  # the output's longer edge at which markers have their size on screen


class MovieRenderer:
    """Frames of one generator's pictures. Use it in one thread."""

    def __init__(self, generator: Generator, options: MovieOptions) -> None:
        self._generator = generator
        self._options = options
        picture = (generator.width, generator.height)
        scale = movie_scale(picture, options.size_px)
        self.size = (max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale)))
        self._view = View(scale, 0.0, 0.0)
        self._marker_scale = max(1.0, max(self.size) / MARKERS_MADE_FOR_PX)
        self._compositor = HostCompositor()
        self._mark = VisibleMark(self.size)
        self._shown: object = None  # what the compositor's picture was made of

    def frame(self, keyframe: Keyframe, moment: Moment) -> Picture:
        """One frame, (height, width, 3) uint8."""
        if keyframe.w_plus is not self._shown:
            image = to_uint8(self._generator.image(keyframe.w_plus))
            self._compositor.set_picture(image.cpu().numpy())  # sync: a movie's frames are made on the host
            self._shown = keyframe.w_plus
        self._compositor.set_mask(keyframe.mask)
        state = "done" if moment.at_end and keyframe.done else "idle"
        markers = tuple(
            DragMarker(handle, target, handle_colour(handle_id), state)
            for handle_id, (handle, target) in keyframe.handles.items()
        )
        composition = Composition(
            self.size,
            self._view,
            markers,
            show_markers=moment.show_markers,
            mask_opacity=moment.mask_opacity,
            marker_scale=self._marker_scale,
        )
        self._compositor.compose(composition)
        frame = self._compositor.read()
        if self._options.mark:
            self._mark.put_on(frame)
        return frame


def render_movie(
    path: Path,
    generator: Generator,
    scenes: tuple[Scene, ...],
    options: MovieOptions,
    advance: Callable[[], None] = lambda: None,
) -> FrameWriter:
    """Writes the movie; returns its writer, closed. `advance` hears of every frame and may raise to cancel.
    The file says from what its pictures come: where there are several scenes, from several.

    Raises OutputError; then, and on any other exception, nothing is left behind.
    """
    renderer = MovieRenderer(generator, options)
    origins = [PictureProvenance.of(generator, scene.origin) for scene in scenes]
    with open_writer(MovieFile(path, renderer.size, options.fps, origins[0])) as writer:
        for moment in timeline(scenes, options):
            writer.note_source(origins[moment.scene])
            keyframe = scenes[moment.scene].at(moment.position)
            writer.add(renderer.frame(keyframe, moment), moment.repeat)
            for _ in range(moment.repeat):
                advance()
    return writer


def movie_scale(picture: tuple[int, int], size_px: int | None) -> float:
    """Output px per picture px."""
    longer = max(picture)
    return float(max(1, round(SMALL_PX / longer))) if size_px is None else size_px / longer
