#version 330
// The painted mask over the picture. The two regions differ by tint and by pattern: the movable region is plain, the
// fixed region is hatched. Each has an outline just inside its border.
uniform sampler2D u_mask;   // red: movable, green: fixed; linear filter, so magnified borders are smooth contours
uniform vec4 u_rect;        // the picture in output px
uniform float u_opacity;
uniform float u_magnification;  // output px per mask texel, at least 1
uniform vec3 u_movable_colour;
uniform vec3 u_fixed_colour;
uniform float u_outline_px;
uniform float u_hatch_period_px;
uniform float u_hatch_width_px;
uniform float u_tint;
uniform float u_hatch_alpha;
uniform float u_outline_alpha;
out vec4 colour;

// How much of the pixel at this output position is painted, (movable, fixed), with a one pixel ramp at the contour.
vec2 painted(vec2 position) {
    vec2 coverage = texture(u_mask, (position - u_rect.xy) / (u_rect.zw - u_rect.xy)).rg;
    return clamp((coverage - 0.5) * u_magnification + 0.5, 0.0, 1.0);
}

void main() {
    vec2 position = gl_FragCoord.xy;
    vec2 here = painted(position);
    if (here == vec2(0.0)) discard;
    float o = u_outline_px;
    vec2 inner = min(min(painted(position + vec2(o, 0.0)), painted(position - vec2(o, 0.0))),
                     min(painted(position + vec2(0.0, o)), painted(position - vec2(0.0, o))));
    vec2 edge = here * (1.0 - inner);

    // Distance to the nearest hatch line, the lines run at 45 degrees and stand still on the screen.
    float phase = mod(position.x + position.y - u_rect.x - u_rect.y, u_hatch_period_px) - 0.5 * u_hatch_period_px;
    float hatch = clamp(0.5 * u_hatch_width_px + 0.5 - abs(phase) * 0.70710678, 0.0, 1.0);

    float movable = max(here.x * u_tint, edge.x * u_outline_alpha);
    float fixed_ = max(here.y * mix(u_tint, u_hatch_alpha, hatch), edge.y * u_outline_alpha);
    float alpha = movable + fixed_;
    if (alpha <= 0.0) discard;
    colour = vec4((u_movable_colour * movable + u_fixed_colour * fixed_) / alpha, min(alpha, 1.0) * u_opacity);
}
