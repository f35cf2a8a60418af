"""`PictureFeed`: makes the worker's pictures when `PictureChoice` says so, and leaves them in the mailbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from app.mailbox import Mailbox
from app.picture_choice import Pace, PictureChoice
from app.picture_maker import HostPictures, PictureMaker
from app.preview_fitter import PreviewFitter
from app.state import PreviewStanding
from app.worker_frame import WorkerFrame
from gan.drag_session import DragSession
from gan.generator import Generator
from gan.preview import Preview, asked_for, cheapest_faithful, nearest

STANDING_ASKED_AFTER_S = 0.5  # how soon the end of a pinned preview's fit is noticed
OVERFLOW_ASKED_AFTER_S = 0.005  # a picture at rest takes a GPU no longer than some of these


class PictureFeed:
    """Used by the drag worker's thread."""

    def __init__(
        self,
        mailbox: Mailbox,
        maker: PictureMaker | None = None,
        previews: PreviewFitter | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """maker: None = pictures in the host's memory. previews: None = always full pictures."""
        self._mailbox = mailbox
        self._clock = clock
        self._maker = maker or HostPictures(clock)
        self._previews = previews
        self.choice = PictureChoice(clock)
        self.last_cost_ms: float | None = None
        self._unproven: DragSession | None = None  # of the picture shown, which may not be finite
        self._awaits_fit = False  # of a pinned preview, and the end is to be told
        self.waits_for_memory = False  # the window holds all of it: to be tried again in its next frame

    def preview_standing(self, session: DragSession) -> PreviewStanding:
        """Whether the model has one that may be asked for. `ask_again_s` goes by the last answer."""
        standing = self._standing(session.generator)
        self._awaits_fit = standing == "unknown" and self.choice.quality == "preview"
        return standing

    def publish(self, session: DragSession, frame: WorkerFrame, pace: Pace) -> None:
        """Makes a picture, if one is due, and leaves it with `frame`, which was published without one."""
        self._give_up_overflowed(session, pace)
        preview = self._preview_of(session, pace)
        self.choice.has_preview = preview is not None
        kind = self.choice.next(pace, self._mailbox.wants_picture)
        if kind is None:
            return
        chosen = (preview or Preview.plain(session.generator)) if kind == "preview" else None
        made = self._maker.make(session, chosen)
        if made is None:
            self._mailbox.withdraw_picture()  # a picture that nobody has seen gives its memory to this one
            made = self._maker.make(session, chosen)
        self.waits_for_memory = made is None
        if made is None:
            return
        self.last_cost_ms = made.cost_ms
        self.choice.note_made(kind, made.cost_ms)
        is_proven = chosen is not None or session.image_overflowed() is False
        self._unproven = None if is_proven else session
        self._preview_of(session, pace)  # it may have been found slow only now, and nothing else may happen
        self._mailbox.put(
            replace(
                frame,
                picture=made.picture,
                hand_back=made.hand_back,
                picture_ms=made.cost_ms or 0.0,
                is_preview=kind == "preview",
                losses=(),
                passed=(),
                messages=(),
                session_text=None,
            )
        )

    def ask_again_s(self, pace: Pace) -> float | None:
        """When `publish` is to be called, though nothing happens until then; None = never."""
        if pace != "stepping" and self._unproven is not None:
            return OVERFLOW_ASKED_AFTER_S
        if pace == "resting" and self._awaits_fit:
            self._awaits_fit = False  # until the next frame could be made
            return STANDING_ASKED_AFTER_S
        return self.choice.ask_again_s(pace)

    def use(self, maker: PictureMaker | None) -> None:
        """From now on pictures are made so (None = in the host's memory): another model, or another device.
        A picture that waits shows the one before, and what was measured says nothing of this one."""
        self._mailbox.withdraw_picture()
        self._maker = maker or HostPictures(self._clock)
        self.last_cost_ms = self._unproven = None
        self.waits_for_memory = False
        self.choice.begin_anew()

    def give_up_full(self) -> None:
        """The device has no memory for full pictures: only previews from now on."""
        self.choice.full_fits = False
        self._maker.release()

    def close(self) -> None:
        """Gives up a preview that is being fitted."""
        if self._previews is not None:
            self._previews.close()

    def _give_up_overflowed(self, session: DragSession, pace: Pace) -> None:
        """Where the picture that rests turns out not to be finite, it is stale. While the drag goes on the
        next picture finds that out."""
        if pace == "stepping" or self._unproven is None:
            return
        overflowed = session is self._unproven and session.image_overflowed()
        if overflowed is None:
            return
        self._unproven = None
        if overflowed:
            self.choice.note_change()

    def _standing(self, generator: Generator) -> PreviewStanding:
        if not self.choice.full_fits:
            return "ready"  # there are no other pictures
        if self._previews is None:
            return "none"
        has_ended = self._previews.is_known(generator)  # before the previews: the fit may end in between
        if asked_for(self._previews.known(generator)) is not None:
            return "ready"
        return "none" if has_ended else "unknown"

    def _preview_of(self, session: DragSession, pace: Pace) -> Preview | None:
        if self._previews is None:
            return None
        self._previews.set_idle(pace == "resting")
        choice, generator = self.choice, session.generator
        if not choice.wants_preview:
            return cheapest_faithful(self._previews.known(generator))
        previews = self._previews.previews_of(generator, on_cpu=not choice.full_fits)
        if not choice.full_fits:
            return nearest(previews)  # it is what rests
        return (asked_for if choice.quality == "preview" else cheapest_faithful)(previews)
