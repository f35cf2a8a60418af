#version 330
// A feature map as colours, in its own texels. Three principal components: lightness, green to red and blue to yellow of
// OKLab (render/oklab.py), so that places look as different as their features are. One channel: a ramp.
uniform sampler2D u_features;   // planes of -1..1 below each other
uniform sampler2D u_ramps;
uniform int u_plane_count;
uniform int u_ramp;             // row of u_ramps
out vec4 colour;

float plane(int index) {
    ivec2 size = textureSize(u_features, 0);
    float value = texelFetch(u_features, ivec2(gl_FragCoord.xy) + ivec2(0, index * (size.y / u_plane_count)), 0).r;
    return clamp(value, -1.0, 1.0);
}

vec3 srgb(vec3 lab) {
    vec3 cones = vec3(lab.x + 0.3963377774 * lab.y + 0.2158037573 * lab.z,
                      lab.x - 0.1055613458 * lab.y - 0.0638541728 * lab.z,
                      lab.x - 0.0894841775 * lab.y - 1.2914855480 * lab.z);
    cones = cones * cones * cones;
    vec3 linear = clamp(vec3(4.0767416621 * cones.x - 3.3077115913 * cones.y + 0.2309699292 * cones.z,
                             -1.2684380046 * cones.x + 2.6097574011 * cones.y - 0.3413193965 * cones.z,
                             -0.0041960863 * cones.x - 0.7034186147 * cones.y + 1.7076147010 * cones.z), 0.0, 1.0);
    return mix(12.92 * linear, 1.055 * pow(max(linear, 1e-9), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, linear));
}

void main() {
    if (u_plane_count == 1)
        colour = vec4(texelFetch(u_ramps, ivec2(int(floor((0.5 + 0.5 * plane(0)) * 255.0 + 0.5)), u_ramp), 0).rgb, 1.0);
    else
        colour = vec4(srgb(vec3(0.62 + 0.27 * plane(0), 0.14 * plane(1), 0.14 * plane(2))), 1.0);
}
