"""Image and movie formats and render engines by Blender's identifiers: a row each. Does not use bpy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """A format of single images.

    label, tooltip: in the menu of overrides; without a tooltip it is not offered there.
    also: other extensions that Blender leaves unchanged. settings: the contract's names, in addition to color
    mode and depth. bytes_per_pixel: of a typical frame, for an estimate.
    """

    identifier: str
    label: str
    extension: str
    tooltip: str = ""
    also: frozenset[str] = frozenset()
    settings: tuple[str, ...] = ()
    bytes_per_pixel: float = 4.0


@dataclass(frozen=True, slots=True)
class RenderEngine:
    """An engine that servers have. aliases: what some versions of Blender call it. tooltip: in the menu."""

    identifier: str
    label: str
    tooltip: str
    aliases: frozenset[str] = frozenset()


IMAGE_FORMATS = (
    ImageFormat("PNG", "PNG", ".png", tooltip="Lossless, 8 or 16 bits", settings=("compression",), bytes_per_pixel=3.0),
    ImageFormat(
        "OPEN_EXR",
        "OpenEXR",
        ".exr",
        tooltip="High dynamic range, for compositing",
        settings=("exrCodec",),
        bytes_per_pixel=8.0,
    ),
    ImageFormat(
        "OPEN_EXR_MULTILAYER",
        "OpenEXR MultiLayer",
        ".exr",
        tooltip="All passes in one file, for compositing",
        settings=("exrCodec",),
        bytes_per_pixel=24.0,
    ),
    ImageFormat(
        "JPEG",
        "JPEG",
        ".jpg",
        tooltip="Small, lossy",
        also=frozenset({".jpeg"}),
        settings=("quality",),
        bytes_per_pixel=0.5,
    ),
    ImageFormat(
        "TIFF",
        "TIFF",
        ".tif",
        tooltip="Lossless, 8 or 16 bits",
        also=frozenset({".tiff"}),
        settings=("tiffCodec",),
    ),
    ImageFormat("WEBP", "WebP", ".webp", tooltip="Small", settings=("quality",), bytes_per_pixel=0.5),
    ImageFormat("JPEG2000", "JPEG 2000", ".jp2", settings=("quality",)),
    ImageFormat("BMP", "BMP", ".bmp"),
    ImageFormat("IRIS", "Iris", ".rgb"),
    ImageFormat("TARGA", "Targa", ".tga"),
    ImageFormat("TARGA_RAW", "Targa Raw", ".tga"),
    ImageFormat("CINEON", "Cineon", ".cin"),
    ImageFormat("DPX", "DPX", ".dpx"),
    ImageFormat("HDR", "Radiance HDR", ".hdr"),
)
BY_IDENTIFIER = {row.identifier: row for row in IMAGE_FORMATS}
MOVIES = frozenset({"FFMPEG", "AVI_JPEG", "AVI_RAW"})
INSTEAD_OF_A_MOVIE = "PNG"
ENGINES = (
    RenderEngine("CYCLES", "Cycles", tooltip="Path tracer"),
    RenderEngine(
        "BLENDER_EEVEE",
        "EEVEE",
        tooltip="Real-time engine; needs a graphics card on the computer that renders",
        aliases=frozenset({"BLENDER_EEVEE_NEXT"}),  # from 4.2 to 4.5
    ),
    RenderEngine("BLENDER_WORKBENCH", "Workbench", tooltip="Solid view, for previews"),
)

MOVIE_EXTENSIONS = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".ogv", ".ogg", ".mpg", ".mpeg", ".flv", ".dv"})

IMAGE_EXTENSIONS = frozenset(
    {
        ".png", ".tga", ".bmp", ".jpg", ".jpeg", ".sgi", ".rgb", ".rgba", ".tif", ".tiff", ".tx", ".jp2", ".j2c",
        ".hdr", ".dds", ".dpx", ".cin", ".exr", ".psd", ".pdd", ".psb", ".webp",
    }
)  # fmt: skip
"""What Blender takes for the extension of an image: it replaces one of these and appends to anything else."""


def extension(image_format: str) -> str:
    """The extension with its dot; "" if it is not an image format."""
    row = BY_IDENTIFIER.get(image_format)
    return row.extension if row else ""


def other_extensions(image_format: str) -> frozenset[str]:
    """Extensions of a format that Blender leaves unchanged."""
    row = BY_IDENTIFIER.get(image_format)
    return row.also if row else frozenset()


def bytes_per_pixel(image_format: str) -> float:
    """Bytes per pixel of a typical frame, for an estimate."""
    row = BY_IDENTIFIER.get(image_format)
    return row.bytes_per_pixel if row else 4.0


def portable_engine(identifier: str) -> str:
    """The engine's name in the contract, whatever this Blender calls it."""
    return next((row.identifier for row in ENGINES if identifier in row.aliases), identifier)


def shown_name(identifier: str) -> str:
    """The name of an engine or an offered format in Blender's menus."""
    labels = {row.identifier: row.label for row in IMAGE_FORMATS if row.tooltip}
    labels |= {row.identifier: row.label for row in ENGINES}
    return labels.get(portable_engine(identifier), identifier)
