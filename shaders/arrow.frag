#version 330
// Shaft and head by signed distance: bright inside, a dark outline around, so that it reads on any picture.
const int DONE = 3;
const int LOST = 4;
uniform float u_arrow_width_px;
uniform float u_head_length_px;
uniform float u_head_half_width_px;
uniform float u_outline_px;
uniform float u_outline_alpha;
uniform float u_dash_period_px;
uniform float u_done_alpha;
uniform float u_opacity;
in vec2 along_across;
flat in float arrow_length;
flat in vec3 bright;
flat in int state;
flat in float size;
out vec4 colour;

float box(vec2 p, vec2 centre, vec2 half_size) {
    vec2 q = abs(p - centre) - half_size;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
}

void main() {
    float head = min(u_head_length_px * size, arrow_length);
    float half_width = u_head_half_width_px * size * head / (u_head_length_px * size);
    vec2 p = vec2(along_across.x, abs(along_across.y));

    float shaft_length = arrow_length - 0.7 * head;
    float shaft = box(p, vec2(0.5 * shaft_length, 0.0), vec2(0.5 * shaft_length, 0.5 * u_arrow_width_px * size));
    if (state == LOST) {
        float period = u_dash_period_px * size;
        float dash = abs(mod(p.x, period) - 0.5 * period) - 0.28 * period;
        shaft = max(shaft, dash);
    }
    vec2 slope = normalize(vec2(half_width, head));             // outward normal of the head's slanted side
    float triangle = max(dot(p - vec2(arrow_length, 0.0), slope), (arrow_length - head) - p.x);
    float d = min(shaft, triangle);

    float inside = clamp(0.5 - d, 0.0, 1.0);
    float outline = clamp(0.5 - (d - u_outline_px * size), 0.0, 1.0) * u_outline_alpha;
    float alpha = inside + outline * (1.0 - inside);
    if (alpha <= 0.0) discard;
    vec3 fill = state == LOST ? mix(bright, vec3(0.62), 0.5) : bright;
    colour = vec4(fill * inside / alpha, alpha * (state == DONE ? u_done_alpha : 1.0) * u_opacity);
}
