#version 330
// One instance per arrow: a quad along the line from handle to target, wide enough for head and outline.
layout(location = 0) in vec4 ends;      // tail x, y and tip x, y in output px
layout(location = 1) in vec4 colour_in; // r, g, b, state
layout(location = 2) in vec4 shape;     // size factor, unused, unused, unused
uniform vec2 u_output_size;
uniform float u_head_half_width_px;
uniform float u_outline_px;
out vec2 along_across;      // px from the tail along the arrow, px across it
flat out float arrow_length;
flat out vec3 bright;
flat out int state;
flat out float size;

void main() {
    vec2 axis = ends.zw - ends.xy;
    arrow_length = length(axis);
    axis /= max(arrow_length, 1e-6);
    size = shape.x;
    float margin = (u_outline_px + 2.0) * size + 2.0;
    float reach = u_head_half_width_px * size + margin;
    along_across = vec2(mix(-margin, arrow_length + 2.0 * margin, float(gl_VertexID & 1)),
                        mix(-reach, reach, float(gl_VertexID >> 1)));
    vec2 position = ends.xy + axis * along_across.x + vec2(-axis.y, axis.x) * along_across.y;
    bright = colour_in.rgb;
    state = int(colour_in.a + 0.5);
    gl_Position = vec4(position / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
