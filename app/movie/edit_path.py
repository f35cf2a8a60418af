"""`EditPath`: what an edit went through, step by step, as latents and points; pictures are made later."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from app.session.edit_session import EditSession
from app.session.edits import Origin
from app.session.painted_mask import PaintedMask

Point = tuple[float, float]
LARGEST_BYTES = 512 * 2**20  # of latents; a longer path is thinned out evenly


@dataclass(frozen=True)
class Keyframe:
    """The edit at one moment. w_plus: (num_ws, w_dim), in the host's memory. handles: id -> (handle point,
    target point), image px."""

    w_plus: Tensor
    handles: dict[int, tuple[Point, Point]]
    mask: PaintedMask | None
    done: bool = False


@dataclass(frozen=True)
class Scene:
    """The drag of one picture: from its start, `origin`, to where another one took its place, or to the end.

    count of keyframes: one more than steps (fewer where it was thinned out).
    """

    keyframes: tuple[Keyframe, ...]
    step_count: int
    origin: Origin

    def at(self, position: float) -> Keyframe:
        """Between two keyframes everything is mixed; position: 0 .. 1 of the scene."""
        last = len(self.keyframes) - 1
        place = min(max(position, 0.0), 1.0) * last
        i = min(int(place), max(last - 1, 0))
        share = place - i
        if last == 0 or share == 0.0:
            return self.keyframes[i]
        before, after = self.keyframes[i], self.keyframes[i + 1]
        if share == 1.0:
            return after
        handles = {
            handle_id: (_mixed(points[0], after.handles[handle_id][0], share), points[1])
            for handle_id, points in before.handles.items()
            if handle_id in after.handles
        }
        return replace(before, w_plus=torch.lerp(before.w_plus, after.w_plus, share), handles=handles)


class EditPath:
    """Collects keyframes: `note_before` ahead of every step, `note_step` after it, `note_end` at the end."""

    def __init__(self, step_count: int, latent_bytes: int) -> None:
        """step_count: steps to come at most; latent_bytes: of one w_plus."""
        self._every = max(1, -(-step_count * latent_bytes // LARGEST_BYTES))
        self._scenes: list[tuple[list[Keyframe], int]] = []
        self._origins: list[Origin] = []  # of the scenes

    def note_before(self, session: EditSession) -> None:
        """A step comes next: what was edited since the last one is seen from here on."""
        if not self._origins or session.origin is not self._origins[-1]:
            self._begin(session)
            return
        keyframes, steps = self._scenes[-1]
        keyframes[-1] = keyframe_of(session)
        self._scenes[-1] = (keyframes, steps)

    def note_step(self, session: EditSession) -> None:
        """A step was done."""
        keyframes, steps = self._scenes[-1]
        newest = keyframe_of(session)
        if steps % self._every == 0 or len(keyframes) < 2:
            keyframes.append(newest)
        else:
            keyframes[-1] = newest
        self._scenes[-1] = (keyframes, steps + 1)

    def note_end(self, session: EditSession) -> None:
        """No step follows. An edit without steps is one picture."""
        if not self._origins or session.origin is not self._origins[-1]:
            self._begin(session)
            return
        keyframes, _ = self._scenes[-1]
        keyframes[-1] = keyframe_of(session)

    def scenes(self) -> tuple[Scene, ...]:
        """What was collected, in order."""
        return tuple(
            Scene(tuple(keyframes), steps, origin)
            for (keyframes, steps), origin in zip(self._scenes, self._origins, strict=True)
        )

    def _begin(self, session: EditSession) -> None:
        self._origins.append(session.origin)
        self._scenes.append(([keyframe_of(session)], 0))


def keyframe_of(session: EditSession) -> Keyframe:
    """The session as it is."""
    drag = session.session
    # sync: kept on the host; a movie is made after the drag
    w_plus = drag.w_plus.detach().float().cpu().clone()
    handles = {
        handle_id: ((x, y), (u, v))
        for handle_id, (x, y), (u, v) in zip(
            drag.handle_ids, drag.handles.tolist(), drag.targets.tolist(), strict=True
        )
    }
    return Keyframe(w_plus, handles, session.painted_mask, drag.is_done)


def _mixed(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
