"""What is sent: frames, output, overrides, presets, files."""
