#version 330
// A soft shadow around the picture, so that dark pictures do not melt into the background.
uniform vec4 u_rect;        // the picture in output px
uniform float u_shadow_px;
uniform float u_shadow_alpha;
out vec4 colour;

void main() {
    vec2 outside = max(max(u_rect.xy - gl_FragCoord.xy, gl_FragCoord.xy - u_rect.zw), vec2(0.0));
    float fade = clamp(1.0 - length(outside) / u_shadow_px, 0.0, 1.0);
    colour = vec4(0.0, 0.0, 0.0, u_shadow_alpha * fade * fade);
}
