#version 330
// The picture, in its own texels, pulled along by the handles: each texel shows what lay at its place minus D there.
// The field D is that of render/warp_field.py. Where D is 0 the texel is copied bit for bit. Beyond the picture its border repeats.
const int MAX_COUNT = 32;
uniform sampler2D u_picture;
uniform vec4 u_warps[MAX_COUNT];    // place after the move x, y and move x, y, in image px
uniform float u_radii[MAX_COUNT];   // image px
uniform int u_count;
uniform vec2 u_texels_per_px;       // of the picture per image px (a preview has fewer)
out vec4 colour;

vec4 catmull_rom(float t) {
    return vec4(((-0.5 * t + 1.0) * t - 0.5) * t,
                (1.5 * t - 2.5) * t * t + 1.0,
                ((-1.5 * t + 2.0) * t + 0.5) * t,
                (0.5 * t - 0.5) * t * t);
}

void main() {
    vec2 p = gl_FragCoord.xy / u_texels_per_px - 0.5;
    vec2 sum = vec2(0.0);
    float total = 0.0;
    for (int i = 0; i < u_count; i++) {
        vec2 away = (p - u_warps[i].xy) / u_radii[i];
        float weight = max(1.0 - dot(away, away), 0.0);
        weight *= weight * weight;
        float share = weight / (1.0 - weight + 1e-5);
        sum += share * weight * u_warps[i].zw;
        total += share;
    }
    vec2 source = gl_FragCoord.xy - 0.5 - u_texels_per_px * sum / max(total, 1e-12);    // texel centres at integers
    vec2 below = floor(source);
    vec4 across = catmull_rom(source.x - below.x);
    vec4 down = catmull_rom(source.y - below.y);
    ivec2 at = ivec2(below) - 1;
    ivec2 last = textureSize(u_picture, 0) - 1;
    vec3 result = vec3(0.0);
    for (int j = 0; j < 4; j++) {
        vec3 row = vec3(0.0);
        for (int i = 0; i < 4; i++)
            row += across[i] * texelFetch(u_picture, clamp(at + ivec2(i, j), ivec2(0), last), 0).rgb;
        result += down[j] * row;
    }
    colour = vec4(result, 1.0);
}
