#version 330
// One instance per segment of a tracked path: a quad along it, wide enough for its outline and round ends.
layout(location = 0) in vec4 ends;      // from x, y to x, y in output px
layout(location = 1) in vec4 colour_in; // r, g, b, kind (0 outline, 1 line)
layout(location = 2) in vec4 shape;     // alpha at either end, is it the path's first, unused
uniform vec2 u_output_size;
uniform float u_path_width_px;
uniform float u_path_outline_px;
uniform float u_size;
out vec2 along_across;      // px from the segment's beginning along it, px across it
flat out float segment_length;
flat out vec4 tone;
flat out vec3 fade;

void main() {
    vec2 axis = ends.zw - ends.xy;
    segment_length = length(axis);
    axis /= max(segment_length, 1e-6);
    float reach = (0.5 * u_path_width_px + u_path_outline_px) * u_size + 1.0;
    along_across = vec2(mix(-reach, segment_length + reach, float(gl_VertexID & 1)),
                        mix(-reach, reach, float(gl_VertexID >> 1)));
    vec2 position = ends.xy + axis * along_across.x + vec2(-axis.y, axis.x) * along_across.y;
    tone = colour_in;
    fade = shape.xyz;
    gl_Position = vec4(position / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
