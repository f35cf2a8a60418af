#version 330
// The brush: a circle exactly where a stroke would act. Movable: plain line; fixed: dashed; erase: dotted white.
const int MOVABLE = 0;
const int FIXED = 1;
const float PI = 3.14159265;
uniform vec3 u_circle;      // centre x, y and radius in output px
uniform vec3 u_colour;
uniform int u_mode;
uniform float u_brush_width_px;
uniform float u_outline_px;
uniform float u_outline_alpha;
uniform float u_brush_fill_alpha;
uniform float u_brush_dash_px;
out vec4 colour;

void main() {
    vec2 p = gl_FragCoord.xy - u_circle.xy;
    float middle = length(p) - u_circle.z;
    float line = abs(middle) - 0.5 * u_brush_width_px;
    float inside = clamp(0.5 - line, 0.0, 1.0);
    if (u_mode != MOVABLE) {
        // A whole number of dashes, so that the circle closes.
        float period = u_brush_dash_px * (u_mode == FIXED ? 1.0 : 0.5);
        float count = max(floor(2.0 * PI * u_circle.z / period + 0.5), 4.0);
        float turn = fract((atan(p.y, p.x) / (2.0 * PI) + 0.5) * count);
        float gap = (abs(turn - 0.5) - 0.3) * 2.0 * PI * u_circle.z / count;
        inside *= clamp(0.5 - gap, 0.0, 1.0);
    }
    float outline = clamp(0.5 - (line - u_outline_px), 0.0, 1.0) * u_outline_alpha;
    float alpha = inside + outline * (1.0 - inside);
    float fill = clamp(0.5 - middle, 0.0, 1.0) * u_brush_fill_alpha;
    float total = alpha + fill * (1.0 - alpha);
    if (total <= 0.0) discard;
    colour = vec4((u_colour * inside + u_colour * fill * (1.0 - alpha)) / total, total);
}
