#version 330
// One axis of a separable resampling: Catmull-Rom between texels, the same filter widened to cover the whole footprint
// where the picture is minified. Run along x into an intermediate texture, then along y: 4 + 4 texel reads instead of
// 16, and at scale 1 on whole pixels the weights are exactly 0, 1, 0, 0. Reads beyond the picture repeat its border.
uniform sampler2D u_source;
uniform int u_axis;         // 0: along x, 1: along y
uniform float u_scale;      // output px per texel along the axis
uniform float u_offset;     // output px of the source's first edge along the axis
out vec4 colour;

float catmull_rom(float x) {
    x = abs(x);
    if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1.0;
    if (x < 2.0) return ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0;
    return 0.0;
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    ivec2 size = textureSize(u_source, 0);
    bool along_x = u_axis == 0;
    float centre = ((along_x ? gl_FragCoord.x : gl_FragCoord.y) - u_offset) / u_scale;  // texel edges at integers
    int across = along_x ? pixel.y : pixel.x;
    int last = (along_x ? size.x : size.y) - 1;
    vec3 sum = vec3(0.0);

    if (u_scale >= 1.0) {
        float left = floor(centre - 0.5);
        float t = centre - 0.5 - left;
        int first = int(left) - 1;
        vec4 weights = vec4(
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t);
        ivec4 index = clamp(ivec4(first, first + 1, first + 2, first + 3), 0, last);
        if (along_x) {
            sum = weights.x * texelFetch(u_source, ivec2(index.x, across), 0).rgb
                + weights.y * texelFetch(u_source, ivec2(index.y, across), 0).rgb
                + weights.z * texelFetch(u_source, ivec2(index.z, across), 0).rgb
                + weights.w * texelFetch(u_source, ivec2(index.w, across), 0).rgb;
        } else {
            sum = weights.x * texelFetch(u_source, ivec2(across, index.x), 0).rgb
                + weights.y * texelFetch(u_source, ivec2(across, index.y), 0).rgb
                + weights.z * texelFetch(u_source, ivec2(across, index.z), 0).rgb
                + weights.w * texelFetch(u_source, ivec2(across, index.w), 0).rgb;
        }
    } else {
        float support = 2.0 / u_scale;
        int first = int(floor(centre - support + 0.5));
        int end = int(floor(centre + support + 0.5));
        float total = 0.0;
        for (int i = first; i < end; i++) {
            float weight = catmull_rom((float(i) + 0.5 - centre) * u_scale);
            int along = clamp(i, 0, last);
            sum += weight * texelFetch(u_source, along_x ? ivec2(along, across) : ivec2(across, along), 0).rgb;
            total += weight;
        }
        sum /= total;
    }
    colour = vec4(sum, 1.0);
}
