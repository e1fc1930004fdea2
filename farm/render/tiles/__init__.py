"""Frames that are split: their tiles, where these wait for each other, and what is put together of them."""
