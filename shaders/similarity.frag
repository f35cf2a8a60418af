#version 330
// How much each place resembles a handle's reference feature, on a ramp: bright where tracking could find the handle.
uniform sampler2D u_similarity;     // 0..1
uniform sampler2D u_ramps;
uniform int u_ramp;                 // row of u_ramps
out vec4 colour;

void main() {
    float value = clamp(texelFetch(u_similarity, ivec2(gl_FragCoord.xy), 0).r, 0.0, 1.0);
    colour = vec4(texelFetch(u_ramps, ivec2(int(floor(value * 255.0 + 0.5)), u_ramp), 0).rgb, 1.0);
}
