#version 330
// The line between the start and the present picture, with a grip to pull it by: a disc with two arrow heads.
uniform vec2 u_place;       // x of the line and y of the grip, output px
uniform float u_size;
uniform vec3 u_line_colour;
uniform vec3 u_grip_colour;
uniform float u_divider_width_px;
uniform float u_divider_outline_px;
uniform float u_divider_outline_alpha;
uniform float u_grip_radius_px;
out vec4 colour;

float coverage(float d) { return clamp(0.5 - d, 0.0, 1.0); }

float segment(vec2 q, vec2 a, vec2 b) {
    vec2 ab = b - a;
    return length(q - a - ab * clamp(dot(q - a, ab) / dot(ab, ab), 0.0, 1.0));
}

void over(inout vec4 below, vec3 rgb, float alpha) {
    float total = alpha + below.a * (1.0 - alpha);
    below.rgb = total > 0.0 ? (rgb * alpha + below.rgb * below.a * (1.0 - alpha)) / total : rgb;
    below.a = total;
}

void main() {
    vec2 p = gl_FragCoord.xy - u_place;
    float line = abs(p.x) - 0.5 * u_divider_width_px;
    vec4 result = vec4(0.0);
    over(result, vec3(0.0), coverage(line - u_divider_outline_px) * u_divider_outline_alpha);
    over(result, u_line_colour, coverage(line));

    p /= u_size;
    float disc = length(p) - u_grip_radius_px;
    vec2 q = abs(p);
    float radius = u_grip_radius_px;
    float head = segment(q, vec2(0.68 * radius, 0.0), vec2(0.34 * radius, 0.32 * radius)) - 0.9;
    over(result, vec3(0.0), coverage((disc - u_divider_outline_px) * u_size) * u_divider_outline_alpha);
    over(result, u_line_colour, coverage(disc * u_size));
    over(result, u_grip_colour, coverage((disc + 1.8) * u_size));
    over(result, u_line_colour, coverage(head * u_size));
    if (result.a <= 0.0) discard;
    colour = result;
}
