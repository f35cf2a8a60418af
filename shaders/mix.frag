#version 330
// Two or three maps at once, each as stretch.frag draws it.
uniform sampler2D u_map_0;
uniform sampler2D u_map_1;
uniform sampler2D u_map_2;
uniform vec3 u_weights;         // of each, their sum is 1
uniform vec4 u_picture_rect;    // in output px
uniform float u_opacity;        // of all together
out vec4 colour;

void main() {
    vec2 at = (gl_FragCoord.xy - u_picture_rect.xy) / (u_picture_rect.zw - u_picture_rect.xy);
    colour = vec4(u_weights.x * texture(u_map_0, at).rgb
                + u_weights.y * texture(u_map_1, at).rgb
                + u_weights.z * texture(u_map_2, at).rgb, u_opacity);
}
