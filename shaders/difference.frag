#version 330
// How far the picture is from the start, as the mean of the channels, on a ramp; in the picture's texels.
uniform sampler2D u_picture;
uniform sampler2D u_start;
uniform sampler2D u_ramps;
uniform int u_ramp;         // row of u_ramps
uniform float u_full;       // mean difference at which the ramp ends
out vec4 colour;

void main() {
    vec2 at = gl_FragCoord.xy / vec2(textureSize(u_picture, 0));
    // Where the picture is a smaller preview, the start's nearest texel stands for those that it covers.
    ivec2 there = ivec2(at * vec2(textureSize(u_start, 0)));
    vec3 apart = abs(texelFetch(u_picture, ivec2(gl_FragCoord.xy), 0).rgb - texelFetch(u_start, there, 0).rgb);
    float value = clamp(dot(apart, vec3(1.0 / 3.0)) / u_full, 0.0, 1.0);
    colour = vec4(texelFetch(u_ramps, ivec2(int(floor(value * 255.0 + 0.5)), u_ramp), 0).rgb, 1.0);
}
