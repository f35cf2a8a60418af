#version 330
// A rectangle in output px: the vertex half of every pass that covers one. Output y points down, as row 0 is on top.
uniform vec2 u_output_size;
uniform vec4 u_rect;        // x0, y0, x1, y1 in output px

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    vec2 position = mix(u_rect.xy, u_rect.zw, corner);
    gl_Position = vec4(position / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
