"""Dear PyGui: window, canvas, input, fonts and theme. Only this folder and app/panels know it."""
