#version 330
// One axis of a separable minification: Catmull-Rom widened to the footprint of an output px, so nothing is skipped.
// Run along x into an intermediate texture, then along y. Reads beyond the picture repeat its border.
uniform sampler2D u_source;
uniform vec2 u_axis;        // (1, 0): along x, (0, 1): along y
uniform float u_scale;      // output px per texel along the axis, below 1
uniform float u_offset;     // output px of the source's first edge along the axis
uniform float u_opacity;
out vec4 colour;

float catmull_rom(float x) {
    x = abs(x);
    float inner = (1.5 * x - 2.5) * x * x + 1.0;
    float outer = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0;
    return x < 1.0 ? inner : (x < 2.0 ? outer : 0.0);
}

void main() {
    ivec2 axis = ivec2(u_axis);
    ivec2 across = ivec2(gl_FragCoord.xy) * (1 - axis);
    ivec2 last = (textureSize(u_source, 0) - 1) * axis;
    float centre = (dot(gl_FragCoord.xy, u_axis) - u_offset) / u_scale;             // texel edges at integers
    float support = 2.0 / u_scale;
    int first = int(floor(centre - support + 0.5));
    int count = int(ceil(2.0 * support));       // the same for every pixel; taps outside the support weigh nothing
    vec3 sum = vec3(0.0);
    float total = 0.0;
    for (int i = first; i < first + count; i++) {
        float weight = catmull_rom((float(i) + 0.5 - centre) * u_scale);
        sum += weight * texelFetch(u_source, across + clamp(i * axis, ivec2(0), last), 0).rgb;
        total += weight;
    }
    colour = vec4(sum / total, u_opacity);
}
