#version 330
// A "map" pass's colours over the picture: cells lie under it edge to edge, and between them it is linear.
uniform sampler2D u_map_0;
uniform vec4 u_picture_rect;    // in output px
uniform float u_opacity;
out vec4 colour;

void main() {
    vec2 at = (gl_FragCoord.xy - u_picture_rect.xy) / (u_picture_rect.zw - u_picture_rect.xy);
    colour = vec4(texture(u_map_0, at).rgb, u_opacity);
}
