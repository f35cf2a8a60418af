"""What turns pictures and points into pixels: GL and host compositors, textures, shaders."""
