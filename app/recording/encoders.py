"""Which encoder writes a video: the best that this PyAV has, and what to say where it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from av.codec import Codec
from av.codec.codec import UnknownCodecError

from app.errors import OutputError

CRF = "18"  # visually without loss; smaller is better and larger


@dataclass(frozen=True)
class Encoder:
    """One encoder of libav. options: for a whole movie; live_options: while one works."""

    name: str
    title: str
    options: Mapping[str, str]
    live_options: Mapping[str, str]


# In the order of preference. Live, a frame must cost less than it lasts, beside a drag on the same two cores:
# libx264's superfast takes half of medium's time, and VP8 less than half of VP9's.
# Live without B frames: nothing is held back, and times stay right where frames are skipped.
_X264 = Encoder(
    "libx264",
    "H.264",
    {"preset": "medium", "crf": CRF},
    {"preset": "superfast", "crf": CRF, "bf": "0"},
)
_OPENH264 = Encoder("libopenh264", "H.264", {"b": "12M"}, {"b": "12M"})
_MPEG4 = Encoder("mpeg4", "MPEG-4 part 2", {"b": "16M"}, {"b": "16M"})
_VP9 = Encoder(
    "libvpx-vp9",
    "VP9",
    {"deadline": "good", "cpu-used": "4", "crf": "24", "b": "0"},
    {"deadline": "realtime", "cpu-used": "8", "crf": "24", "b": "0"},
)
_VP8 = Encoder(
    "libvpx",
    "VP8",
    {"deadline": "good", "cpu-used": "2", "crf": "6", "b": "16M"},
    {"deadline": "realtime", "cpu-used": "8", "crf": "6", "b": "16M"},
)
ENCODERS: dict[str, tuple[Encoder, ...]] = {
    ".mp4": (_X264, _OPENH264, _MPEG4),
    ".webm": (_VP9, _VP8),
}
USUAL: dict[str, str] = {".mp4": "H.264", ".webm": "VP9 or VP8"}


def encoders_for(suffix: str, live: bool) -> list[Encoder]:
    """Those that this PyAV has, best first. Raises OutputError where there is none."""
    candidates = ENCODERS[suffix]
    if live and suffix == ".webm":
        candidates = tuple(reversed(candidates))
    found = [encoder for encoder in candidates if is_available(encoder)]
    if not found:
        names = ", ".join(encoder.name for encoder in candidates)
        raise OutputError(
            f"this PyAV has no encoder for {suffix} ({names}); install it anew with pip install av, "
            "or record a GIF or PNG pictures"
        )
    return found


def is_available(encoder: Encoder) -> bool:
    """Whether this PyAV was built with it."""
    try:
        Codec(encoder.name, "w")
    except UnknownCodecError:
        return False
    return True


def note_about(encoder: Encoder, suffix: str) -> str | None:
    """What to tell where it is not the usual encoder."""
    if suffix == ".mp4" and encoder.title != USUAL[suffix]:
        return f"this PyAV cannot encode {USUAL[suffix]}: written as {encoder.title}, which is larger"
    return None
