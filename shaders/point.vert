#version 330
// One instance per handle or target point: a square around it, just large enough for its shape.
layout(location = 0) in vec4 place;     // x, y in output px, kind (0 handle, 1 target), state
layout(location = 1) in vec4 colour_in; // r, g, b, size factor
uniform vec2 u_output_size;
uniform float u_reach_px;
out vec2 p;                 // px from the point, in units of the size factor
flat out vec3 bright;
flat out int kind;
flat out int state;
flat out float size;

void main() {
    size = colour_in.a;
    float reach = u_reach_px * size + 2.0;
    vec2 offset = mix(vec2(-reach), vec2(reach), vec2(gl_VertexID & 1, gl_VertexID >> 1));
    p = offset / size;
    bright = colour_in.rgb;
    kind = int(place.z + 0.5);
    state = int(place.w + 0.5);
    gl_Position = vec4((place.xy + offset) / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
