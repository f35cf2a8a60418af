#version 330
// r1: a filled disc with a line. r2: a dashed square, as the search goes so far along x and along y.
uniform float u_radius_width_px;
uniform float u_radius_outline_px;
uniform float u_radius_outline_alpha;
uniform float u_radius_fill_alpha;
uniform float u_search_alpha;
uniform float u_search_dash_px;
uniform float u_opacity;
in vec2 p;
flat in vec2 radii;
flat in vec3 bright;
out vec4 colour;

float coverage(float d) { return clamp(0.5 - d, 0.0, 1.0); }

void over(inout vec4 below, vec3 rgb, float alpha) {
    float total = alpha + below.a * (1.0 - alpha);
    below.rgb = total > 0.0 ? (rgb * alpha + below.rgb * below.a * (1.0 - alpha)) / total : rgb;
    below.a = total;
}

void main() {
    float half_width = 0.5 * u_radius_width_px;
    float disc = length(p) - radii.x;
    float ring = abs(disc) - half_width;
    vec2 q = abs(p);
    float square = abs(max(q.x, q.y) - radii.y) - half_width;
    float along = min(q.x, q.y);    // from the middle of a side, so that its corners are alike
    float dash = abs(mod(along + 0.5 * u_search_dash_px, u_search_dash_px) - 0.5 * u_search_dash_px) - 0.3 * u_search_dash_px;
    square = max(square, dash);

    vec4 result = vec4(0.0);
    over(result, bright, coverage(disc) * u_radius_fill_alpha);
    over(result, vec3(0.0), coverage(square - u_radius_outline_px) * u_radius_outline_alpha * u_search_alpha);
    over(result, bright, coverage(square) * u_search_alpha);
    over(result, vec3(0.0), coverage(ring - u_radius_outline_px) * u_radius_outline_alpha);
    over(result, bright, coverage(ring));
    if (result.a <= 0.0) discard;
    colour = vec4(result.rgb, result.a * u_opacity);
}
