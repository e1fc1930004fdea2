"""One submission from upload to the last frame."""
