#version 330
// One axis of a separable Catmull-Rom magnification, with four texel reads. Run along x into an intermediate texture,
// then along y. At scale 1 on whole pixels the weights are exactly 0, 1, 0, 0. Reads beyond the picture repeat its border.
// No branch on the axis: a software rasteriser would shade both sides of it.
uniform sampler2D u_source;
uniform vec2 u_axis;        // (1, 0): along x, (0, 1): along y
uniform float u_scale;      // output px per texel along the axis, at least 1
uniform float u_offset;     // output px of the source's first edge along the axis
uniform float u_opacity;
out vec4 colour;

void main() {
    ivec2 axis = ivec2(u_axis);
    ivec2 last = textureSize(u_source, 0) - 1;
    float position = (dot(gl_FragCoord.xy, u_axis) - u_offset) / u_scale - 0.5;     // texel centres at integers
    float below = floor(position);
    float t = position - below;
    ivec2 at = ivec2(mix(gl_FragCoord.xy, vec2(below), u_axis));
    ivec2 zero = ivec2(0);
    vec3 a = texelFetch(u_source, clamp(at - axis, zero, last), 0).rgb;
    vec3 b = texelFetch(u_source, clamp(at, zero, last), 0).rgb;
    vec3 c = texelFetch(u_source, clamp(at + axis, zero, last), 0).rgb;
    vec3 d = texelFetch(u_source, clamp(at + 2 * axis, zero, last), 0).rgb;
    colour = vec4(a * (((-0.5 * t + 1.0) * t - 0.5) * t)
                + b * ((1.5 * t - 2.5) * t * t + 1.0)
                + c * (((-1.5 * t + 2.0) * t + 0.5) * t)
                + d * ((0.5 * t - 0.5) * t * t), u_opacity);
}
