#version 330
// One instance per handle: the square that it is looked for in, with the disc that is pulled along.
layout(location = 0) in vec4 place;     // x, y, r1, r2 in output px
layout(location = 1) in vec4 colour_in; // r, g, b, unused
uniform vec2 u_output_size;
uniform float u_radius_width_px;
uniform float u_radius_outline_px;
out vec2 p;                 // px from the handle
flat out vec2 radii;
flat out vec3 bright;

void main() {
    radii = place.zw;
    float reach = max(radii.x, radii.y) + u_radius_width_px + u_radius_outline_px + 1.0;
    p = mix(vec2(-reach), vec2(reach), vec2(gl_VertexID & 1, gl_VertexID >> 1));
    bright = colour_in.rgb;
    gl_Position = vec4((place.xy + p) / u_output_size * 2.0 - 1.0, 0.0, 1.0);
}
