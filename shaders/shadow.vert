#version 330
// Four strips around the picture, never the picture itself: shading the whole rectangle would cost as much as drawing it.
layout(location = 0) in vec4 strip;     // x0, y0, x1, y1 in output px
uniform vec2 u_output_size;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    vec2 position = mix(strip.xy, strip.zw, corner);
    gl_Position = vec4(position / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
