"""Imports finished frames into the open .blend: as a strip, an image, a compositor node, a camera background."""
