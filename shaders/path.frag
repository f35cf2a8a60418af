#version 330
// A segment with round ends. The end at its beginning is left to the segment before, so that where two meet a path is
// not twice as strong.
uniform float u_path_width_px;
uniform float u_path_outline_px;
uniform float u_path_outline_alpha;
uniform float u_size;
uniform float u_opacity;
in vec2 along_across;
flat in float segment_length;
flat in vec4 tone;
flat in vec3 fade;
out vec4 colour;

void main() {
    bool is_line = tone.a > 0.5;
    float radius = (0.5 * u_path_width_px + (is_line ? 0.0 : u_path_outline_px)) * u_size;
    float t = clamp(along_across.x, 0.0, segment_length);
    float covered = clamp(0.5 - (length(along_across - vec2(t, 0.0)) - radius), 0.0, 1.0);
    if (fade.z < 0.5)
        covered -= clamp(0.5 - (length(along_across) - radius), 0.0, 1.0);
    if (covered <= 0.0) discard;
    float alpha = covered * mix(fade.x, fade.y, t / max(segment_length, 1e-6)) * u_opacity;
    colour = is_line ? vec4(tone.rgb, alpha) : vec4(0.0, 0.0, 0.0, alpha * u_path_outline_alpha);
}
