# SPDX-License-Identifier: GPL-3.0-or-later
"""Image and movie formats by Blender's identifiers: one table, easy to correct.  Knows no bpy."""

from __future__ import annotations

EXTENSIONS = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "JPEG2000": ".jp2",
    "TIFF": ".tif",
    "WEBP": ".webp",
    "OPEN_EXR": ".exr",
    "OPEN_EXR_MULTILAYER": ".exr",
    "BMP": ".bmp",
    "IRIS": ".rgb",
    "TARGA": ".tga",
    "TARGA_RAW": ".tga",
    "CINEON": ".cin",
    "DPX": ".dpx",
    "HDR": ".hdr",
}
MOVIES = frozenset({"FFMPEG", "AVI_JPEG", "AVI_RAW"})
INSTEAD_OF_A_MOVIE = "PNG"
EXR = frozenset({"OPEN_EXR", "OPEN_EXR_MULTILAYER"})
WITH_QUALITY = frozenset({"JPEG", "JPEG2000", "WEBP"})
SERVED_ENGINES = frozenset({"CYCLES", "BLENDER_EEVEE", "BLENDER_WORKBENCH"})

MOVIE_EXTENSIONS = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".ogv", ".ogg", ".mpg", ".mpeg", ".flv", ".dv"})

IMAGE_EXTENSIONS = frozenset(
    {
        ".png", ".tga", ".bmp", ".jpg", ".jpeg", ".sgi", ".rgb", ".rgba", ".tif", ".tiff", ".tx", ".jp2", ".j2c",
        ".hdr", ".dds", ".dpx", ".cin", ".exr", ".psd", ".pdd", ".psb", ".webp",
    }
)  # fmt: skip
"""What Blender takes for the extension of an image: it replaces one of these and appends to anything else."""
ALSO = {"JPEG": frozenset({".jpeg"}), "TIFF": frozenset({".tiff"})}
"""Extensions of a format that Blender leaves as they are."""
