"""Training of StyleGAN2 generators: paired with known factors, adversarial, or one after the other."""
