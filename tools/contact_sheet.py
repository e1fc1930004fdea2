"""Many frames on one picture, drawn by Blender itself: every format that it renders can be read."""

import math
import re
from pathlib import Path

import bpy
import numpy as np

EXTENSIONS = {".png", ".jpg", ".exr", ".tif", ".webp", ".bmp", ".tga", ".hdr", ".dpx", ".jp2", ".cin"}
WIDTH = 1600
GAP = 6
MOST = 48
BACKGROUND = 0.11


def draw(folder: Path, sheet: Path) -> None:
    """Draw the frames of a folder, evenly chosen when they are many, into a PNG file."""
    frames = _chosen(frame_files(folder, sheet))
    if not frames:
        return
    columns = min(len(frames), max(1, round(math.sqrt(len(frames) * 1.5))))
    thumbnails = [_thumbnail(file, (WIDTH - GAP * (columns + 1)) // columns) for file in frames]
    width = max(one.shape[1] for one in thumbnails)
    height = max(one.shape[0] for one in thumbnails)
    rows = math.ceil(len(frames) / columns)
    canvas = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 4), BACKGROUND, np.float32)
    canvas[..., 3] = 1
    for i, one in enumerate(thumbnails):
        row, column = divmod(i, columns)
        top = canvas.shape[0] - (row + 1) * (height + GAP)  # Blender counts rows from below
        left = GAP + column * (width + GAP)
        _lay(canvas[top : top + one.shape[0], left : left + one.shape[1]], one)
    _save(canvas, sheet)


def frame_files(folder: Path, sheet: Path) -> list[Path]:
    """Pictures with a number in their name, by that number."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in EXTENSIONS and file != sheet]
    return sorted((file for file in files if _numbers(file)), key=lambda file: (_numbers(file)[-1:], file.name))


def _chosen(files: list[Path]) -> list[Path]:
    if len(files) <= MOST:
        return files
    return [files[round(i * (len(files) - 1) / (MOST - 1))] for i in range(MOST)]


def _numbers(file: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", file.stem)]


def _thumbnail(file: Path, width: int) -> np.ndarray:
    """The picture, at most so wide; never blown up."""
    image = bpy.data.images.load(str(file))
    width = min(width, image.size[0])
    height = max(1, round(image.size[1] * width / max(image.size[0], 1)))
    image.scale(width, height)
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)
    if image.is_float:
        pixels[..., :3] = _to_srgb(pixels[..., :3])
    bpy.data.images.remove(image)
    return pixels


def _to_srgb(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(np.nan_to_num(linear), 0, 1)
    return np.where(linear < 0.0031308, linear * 12.92, 1.055 * np.power(linear, 1 / 2.4) - 0.055)


def _lay(canvas: np.ndarray, picture: np.ndarray) -> None:
    """Transparent parts show the background."""
    alpha = picture[..., 3:]
    canvas[..., :3] = picture[..., :3] * alpha + canvas[..., :3] * (1 - alpha)


def _save(canvas: np.ndarray, sheet: Path) -> None:
    image = bpy.data.images.new(sheet.stem, canvas.shape[1], canvas.shape[0])
    image.pixels.foreach_set(canvas.ravel())
    image.filepath_raw, image.file_format = str(sheet), "PNG"
    image.save()
