"""Drawing: textures, shader programs, passes and capture. Knows neither the window nor the model."""
