"""How things look: every size, strength and colour of the overlays, as documented fields. No GL.

Sizes are output px at marker_scale 1. `GlCompositor` hands them to the shaders as uniforms of the same names.
"""

from dataclasses import dataclass

from render.scene import Colour


@dataclass(frozen=True)
class MarkerStyle:
    """Handle points, target points and the arrows between them."""

    ring_radius_px: float = 8.0  # of the handle's ring, at the middle of its line
    ring_width_px: float = 2.8
    dot_radius_px: float = 2.3
    diamond_radius_px: float = 10.0  # from the target's centre to a corner, at the middle of the line
    diamond_width_px: float = 2.6
    cross_arm_px: float = 3.0  # arm of the cross in the target
    outline_px: float = 1.4  # dark outline around every bright shape
    outline_alpha: float = 0.72
    inner_shade_alpha: float = 0.22  # dark veil inside ring and diamond, so that dot and cross read
    selection_gap_px: float = 4.0  # from the shape to the white line around a selected point
    selection_width_px: float = 1.8
    glow_px: float = 8.0  # reach of the glow around a hovered point
    glow_alpha: float = 0.6
    hover_growth: float = 1.18  # a hovered point is this much larger
    arrow_width_px: float = 3.0
    head_length_px: float = 13.0
    head_half_width_px: float = 6.5
    arrow_gap_px: float = 4.5  # free space between the arrow and the points at its ends
    shortest_arrow_px: float = 5.0  # a shorter one is not drawn
    dash_period_px: float = 10.0  # of a lost handle's arrow
    done_alpha: float = 0.45  # arrows of handles that have arrived step back

    @property
    def reach_px(self) -> float:
        """Half the side of the square that holds any point's shape."""
        outer = max(
            self.ring_radius_px + self.ring_width_px, self.diamond_radius_px + 2 * self.diamond_width_px
        )
        selection = 1.42 * (self.selection_gap_px + self.selection_width_px + self.outline_px)
        return outer + max(selection, self.outline_px + self.glow_px)


@dataclass(frozen=True)
class MaskStyle:
    """The painted mask and the brush. The tints are two of Okabe and Ito's colour-blind-safe palette."""

    movable_colour: Colour = (0.337, 0.706, 0.914)  # sky blue
    fixed_colour: Colour = (0.902, 0.624, 0.0)  # orange
    erase_colour: Colour = (1.0, 1.0, 1.0)
    tint: float = 0.55  # times Scene.mask_opacity
    hatch_period_px: float = 11.0  # along x; the lines run at 45 degrees
    hatch_width_px: float = 1.8
    outline_px: float = 2.0  # of a region's border, inside it
    outline_shade_px: float = 1.3  # of the dark line inside the outline
    shade: float = 0.75  # darkness of the lines beside outline and hatch
    brush_width_px: float = 2.0
    brush_outline_px: float = 1.2
    brush_outline_alpha: float = 0.7
    brush_fill_alpha: float = 0.10
    brush_dash_px: float = 14.0


@dataclass(frozen=True)
class OverlayStyle:
    """Overlays that show why a drag does what it does."""

    difference_full: float = 0.5  # mean difference of the channels, of 0..1, at which its ramp ends
    path_width_px: float = 2.8
    path_outline_px: float = 1.2
    path_outline_alpha: float = 0.6
    path_oldest_alpha: float = 0.4  # a path's first point; its last has 1
    path_step_px: float = 1.5  # points nearer together than this are one
    radius_width_px: float = 1.6  # of the lines at r1 and r2
    radius_outline_px: float = 0.9
    radius_outline_alpha: float = 0.55
    radius_fill_alpha: float = 0.22  # inside r1
    search_alpha: float = 0.75  # of the line at r2
    search_dash_px: float = 12.0
    divider_width_px: float = 2.0
    divider_outline_px: float = 1.5
    divider_outline_alpha: float = 0.45
    grip_radius_px: float = 13.0
    grip_colour: Colour = (0.086, 0.09, 0.11)
    line_colour: Colour = (1.0, 1.0, 1.0)
    lit_colour: Colour = (1.0, 0.42, 0.36)


@dataclass(frozen=True)
class BackdropStyle:
    """What lies around the picture."""

    shadow_px: float = 22.0
    shadow_alpha: float = 0.45
    light_shadow_alpha: float = 0.14  # on a light background, where the same shadow looks like dirt

    def shadow_alpha_on(self, background: Colour) -> float:
        """Darkness of the shadow where it begins."""
        return self.light_shadow_alpha if sum(background) / 3 > 0.5 else self.shadow_alpha


@dataclass(frozen=True)
class Style:
    """The look of everything that is composed."""

    marker: MarkerStyle = MarkerStyle()
    mask: MaskStyle = MaskStyle()
    overlay: OverlayStyle = OverlayStyle()
    backdrop: BackdropStyle = BackdropStyle()
