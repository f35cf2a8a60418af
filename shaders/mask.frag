#version 330
// The painted mask over the picture. The two regions differ by tint and by pattern: the movable region is plain, the
// fixed region is hatched. Each has an outline just inside its border.
uniform sampler2D u_mask;       // red: movable, green: fixed; signed distances as render/mask_field.py encodes them
uniform vec4 u_picture_rect;    // the picture in output px
uniform float u_opacity;
uniform float u_texel_px;       // output px per mask texel
uniform float u_field_zero;     // the code of distance 0
uniform float u_field_step;     // codes per texel
uniform vec3 u_movable_colour;
uniform vec3 u_fixed_colour;
uniform float u_tint;
uniform float u_outline_px;
uniform float u_outline_shade_px;
uniform float u_shade;
uniform float u_hatch_period_px;
uniform float u_hatch_width_px;
out vec4 colour;

void main() {
    vec2 from_corner = gl_FragCoord.xy - u_picture_rect.xy;
    vec2 code = texture(u_mask, from_corner / (u_picture_rect.zw - u_picture_rect.xy)).rg * 255.0;
    vec2 depth = (code - u_field_zero) / u_field_step * u_texel_px;     // px inside the border, (movable, fixed)
    vec2 painted = clamp(depth + 0.5, 0.0, 1.0);
    vec2 line = clamp(u_outline_px + 0.5 - depth, 0.0, 1.0);
    // A dark line beside every bright one: one of the two reads on any picture.
    vec2 shade = clamp(u_outline_px + u_outline_shade_px + 0.5 - depth, 0.0, 1.0) * u_shade;

    // Distance to the middle of the nearest hatch line; the lines run at 45 degrees and keep their width on the screen.
    float phase = (mod(from_corner.x + from_corner.y, u_hatch_period_px) - 0.5 * u_hatch_period_px) * 0.70710678;
    line.y = max(line.y, clamp(0.5 * u_hatch_width_px + 0.5 - abs(phase), 0.0, 1.0));
    shade.y = max(shade.y, clamp(0.5 * u_hatch_width_px + 0.5 - abs(phase - u_hatch_width_px), 0.0, 1.0) * u_shade);
    shade *= 1.0 - line;

    vec2 alpha = painted * max(vec2(u_tint), max(line, shade));
    float total = alpha.x + alpha.y;
    vec3 sum = u_movable_colour * alpha.x * (1.0 - shade.x) + u_fixed_colour * alpha.y * (1.0 - shade.y);
    colour = vec4(sum / max(total, 1e-5), min(total, 1.0) * u_opacity);
}
