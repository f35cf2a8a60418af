#version 330
// Handle point: a ring with a dot. Target point: a diamond with a cross. Hovered: a soft glow. Selected: a second, white
// line around. Done: filled, with a check mark. Lost: broken line, greyed, a cross instead of the dot.
const int HOVERED = 1;
const int SELECTED = 2;
const int DONE = 3;
const int LOST = 4;
const float PI = 3.14159265;
uniform float u_ring_radius_px;
uniform float u_ring_width_px;
uniform float u_dot_radius_px;
uniform float u_diamond_radius_px;
uniform float u_diamond_width_px;
uniform float u_cross_arm_px;
uniform float u_outline_px;
uniform float u_outline_alpha;
uniform float u_inner_shade_alpha;
uniform float u_selection_gap_px;
uniform float u_selection_width_px;
uniform float u_glow_px;
uniform float u_glow_alpha;
uniform float u_opacity;
in vec2 p;
flat in vec3 bright;
flat in int kind;
flat in int state;
flat in float size;
out vec4 colour;

float segment(vec2 q, vec2 a, vec2 b) {
    vec2 ab = b - a;
    return length(q - a - ab * clamp(dot(q - a, ab) / dot(ab, ab), 0.0, 1.0));
}

float coverage(float d) { return clamp(0.5 - d * size, 0.0, 1.0); }

// Put a colour with this much coverage over what was drawn so far (straight alpha).
void over(inout vec4 below, vec3 rgb, float alpha) {
    float total = alpha + below.a * (1.0 - alpha);
    below.rgb = total > 0.0 ? (rgb * alpha + below.rgb * below.a * (1.0 - alpha)) / total : rgb;
    below.a = total;
}

void main() {
    bool handle = kind == 0;
    vec3 tone = state == LOST ? mix(bright, vec3(0.62), 0.5) : bright;
    // Signed distance to the shape's middle line: the ring's circle, or the diamond's sides.
    float middle = handle ? length(p) - u_ring_radius_px
                          : (abs(p.x) + abs(p.y) - u_diamond_radius_px) * 0.70710678;
    float width = handle ? u_ring_width_px : u_diamond_width_px;
    float outer = middle - 0.5 * width;
    float line = abs(middle) - 0.5 * width;
    vec4 result = vec4(0.0);

    if (state == HOVERED) {
        float glow = clamp(1.0 - (outer - u_outline_px) / u_glow_px, 0.0, 1.0);
        over(result, vec3(1.0), u_glow_alpha * glow * glow);
    }
    if (state == SELECTED) {
        float second = abs(outer - u_selection_gap_px) - 0.5 * u_selection_width_px;
        over(result, vec3(0.0), coverage(second - u_outline_px) * u_outline_alpha);
        over(result, vec3(1.0), coverage(second));
    }

    over(result, vec3(0.0), coverage(outer) * u_inner_shade_alpha);
    if (state == DONE) {
        over(result, vec3(0.0), coverage(outer - u_outline_px) * u_outline_alpha);
        over(result, tone, coverage(outer));
        if (handle) {
            float check = min(segment(p, vec2(-3.6, 0.3), vec2(-1.1, 2.9)), segment(p, vec2(-1.1, 2.9), vec2(3.8, -2.8)));
            over(result, vec3(0.0), coverage(check - 1.9) * u_outline_alpha);
            over(result, vec3(1.0), coverage(check - 1.05));
        }
    } else {
        float mark;
        if (state == LOST) {
            line = max(line, handle ? 2.2 - abs(mod(atan(p.y, p.x) + PI / 6.0, PI / 3.0) - PI / 6.0) * u_ring_radius_px
                                    : 2.2 - min(abs(p.x), abs(p.y)));
            vec2 q = abs(p);
            mark = segment(q, vec2(0.0), vec2(2.4)) - 0.8;
        } else if (handle) {
            mark = length(p) - u_dot_radius_px;
        } else {
            vec2 q = abs(p);
            mark = min(segment(q, vec2(0.0), vec2(u_cross_arm_px, 0.0)),
                       segment(q, vec2(0.0), vec2(0.0, u_cross_arm_px))) - 0.75;
        }
        over(result, vec3(0.0), coverage(min(line, mark) - u_outline_px) * u_outline_alpha);
        over(result, tone, coverage(line));
        over(result, vec3(1.0), coverage(mark));
    }
    if (result.a <= 0.0) discard;
    colour = vec4(result.rgb, result.a * u_opacity);
}
