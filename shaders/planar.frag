#version 330
// The generator's picture as it lies in memory, three planes of -1..1 below each other, to red, green and blue of 0..1.
// The rounding is the host path's: x * 127.5 + 128, clamped, cut to a whole level.
uniform sampler2D u_planes;     // one channel, W x 3H texels: red, green, blue
uniform float u_plane_height;   // H
out vec4 colour;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    ivec2 plane = ivec2(0, int(u_plane_height));
    vec3 value = vec3(texelFetch(u_planes, at, 0).r,
                      texelFetch(u_planes, at + plane, 0).r,
                      texelFetch(u_planes, at + 2 * plane, 0).r);
    colour = vec4(floor(clamp(value * 127.5 + 128.0, 0.0, 255.0)) / 255.0, 1.0);
}
