"""What the overlays' passes are fed with; they are registered in render/passes.py."""

from collections.abc import Callable, Mapping

from render.colour_ramps import ramp_row
from render.frame_pass import FloatRect, Frame, resample_uniforms, style_uniforms
from render.overlay_layout import divider_x, grip_y
from render.shader_program import UniformValue


def opacity_of(name: str) -> Callable[[Frame], float]:
    """The opacity of an overlay of the whole picture, a field of `Overlays`."""
    return lambda frame: getattr(frame.scene.overlays, name)


def marker_opacity(name: str) -> Callable[[Frame], float]:
    """The opacity of an overlay that belongs to the handles; 0 where these are hidden."""
    return lambda frame: getattr(frame.scene.overlays, name) if frame.scene.show_markers else 0.0


def overlay_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """Every number and colour of `OverlayStyle`."""
    return style_uniforms(frame.style.overlay)


# maps: drawn once into a texture of their own size, then stretched over the picture


def plane_size(name: str) -> Callable[[Frame], tuple[int, int]]:
    """Of a map whose planes lie below each other in one texture."""

    def size(frame: Frame) -> tuple[int, int]:
        texture = frame.textures[name]
        return texture.width, texture.height // frame.plane_counts[name]

    return size


def picture_size(frame: Frame) -> tuple[int, int]:
    """Of maps that are computed from the picture."""
    return frame.textures["picture"].size


def features_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """Three components, or one channel on a ramp."""
    return {"u_plane_count": frame.plane_counts["features"], "u_ramp": ramp_row("heat")}


def similarity_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """The ramp."""
    return {"u_ramp": ramp_row("heat")}


def difference_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """The ramp, and where it ends."""
    return {"u_ramp": ramp_row("change"), "u_full": frame.style.overlay.difference_full}


# the start beside the present picture


def start_rect(frame: Frame) -> FloatRect:
    """The part of the picture that the start covers."""
    x0, y0, _, y1 = frame.picture_rect
    return (x0, y0, divider_x(frame.scene, frame.picture_rect), y1)


def uncovered_rect(frame: Frame) -> FloatRect:
    """The part of the picture that the start does not hide."""
    x0, y0, x1, y1 = frame.picture_rect
    if "start" in frame.textures and frame.scene.overlays.start >= 1:
        x0 = min(max(divider_x(frame.scene, frame.picture_rect), x0), x1)
    return (x0, y0, x1, y1)


def start_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """The start is resampled as the picture is: what differs is the pictures, not how they are drawn."""
    return {
        **resample_uniforms(1, frame.magnification_of("start")[1], frame.picture_rect[1]),
        "u_source": tuple(frame.textures).index("start_rows"),
    }


def has_divider(frame: Frame) -> bool:
    """Whether a line lies between two pictures."""
    return frame.scene.overlays.split is not None


def divider_rect(frame: Frame) -> FloatRect:
    """The line, and its grip."""
    _, y0, _, y1 = frame.picture_rect
    x, style = divider_x(frame.scene, frame.picture_rect), frame.style.overlay
    reach = style.grip_radius_px * frame.scene.marker_scale + style.divider_outline_px + 1.0
    return (x - reach, y0, x + reach, y1)


def divider_uniforms(frame: Frame) -> Mapping[str, UniformValue]:
    """Where the line and its grip are, and their colour."""
    scene, style = frame.scene, frame.style.overlay
    is_lit = scene.overlays.split is not None and scene.overlays.split.is_lit
    return {
        **style_uniforms(style),
        "u_line_colour": style.lit_colour if is_lit else style.line_colour,
        "u_place": (divider_x(scene, frame.picture_rect), grip_y(scene, frame.picture_rect)),
        "u_size": scene.marker_scale,
    }
