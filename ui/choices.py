"""The entries of override menus, in the contract's terms: identifier, label, tooltip. Does not use bpy."""

from ..scene.request import formats

ASK_ITEMS = (
    (
        "IF_WRONG",
        "Ask If Something Is Wrong",
        "Wait for your confirmation if the server reports missing files or another frame range, resolution or engine",
        "INFO",
        0,
    ),
    ("ALWAYS", "Always Ask", "Wait for your confirmation after the server has checked the file", "HAND", 1),
    ("NEVER", "Never Ask", "Render as soon as the server has checked the file", "FF", 2),
)
ENGINE_ITEMS = tuple((row.identifier, row.label, row.tooltip) for row in formats.ENGINES)
FORMAT_ITEMS = tuple((row.identifier, row.label, row.tooltip) for row in formats.IMAGE_FORMATS if row.tooltip)
COLOR_ITEMS = (
    ("BW", "BW", "Grayscale"),
    ("RGB", "RGB", "Without transparency"),
    ("RGBA", "RGBA", "With transparency"),
)
DEPTH_ITEMS = (
    ("8", "8 Bits", "Per channel"),
    ("16", "16 Bits", "Per channel; half float in OpenEXR"),
    ("32", "32 Bits", "Per channel; full float in OpenEXR"),
)
CODEC_ITEMS = (
    ("NONE", "None", "No compression"),
    ("ZIP", "ZIP", "Lossless"),
    ("PIZ", "PIZ", "Lossless, good for grainy images"),
    ("DWAA", "DWAA", "Small, lossy"),
    ("DWAB", "DWAB", "Smaller, lossy"),
)
TIFF_CODEC_ITEMS = (
    ("NONE", "None", "No compression"),
    ("DEFLATE", "Deflate", "Lossless, small"),
    ("LZW", "LZW", "Lossless"),
    ("PACKBITS", "Pack Bits", "Lossless, quick"),
)
DEVICE_ITEMS = (
    ("CUDA", "CUDA", "NVIDIA GPUs"),
    ("OPTIX", "OptiX", "NVIDIA GPUs with hardware ray tracing"),
    ("HIP", "HIP", "AMD GPUs"),
    ("ONEAPI", "oneAPI", "Intel GPUs"),
    ("METAL", "Metal", "Apple GPUs"),
    ("CPU", "CPU", "No GPU"),
)
COMPOSITOR_DEVICE_ITEMS = (
    ("CPU", "CPU", "Composite on the processor"),
    ("GPU", "GPU", "Composite on the graphics card"),
)
DENOISER_ITEMS = (
    ("OPENIMAGEDENOISE", "OpenImageDenoise", "Works on every computer"),
    ("OPTIX", "OptiX", "Needs an NVIDIA GPU"),
)


def shown_value(value: str) -> str:
    """The English menu label of a value of the contract; a value without a label is unchanged."""
    return _LABELS.get(value) or formats.shown_name(value)


_MENUS = (COLOR_ITEMS, CODEC_ITEMS, TIFF_CODEC_ITEMS, DEVICE_ITEMS, COMPOSITOR_DEVICE_ITEMS, DENOISER_ITEMS)
_LABELS = {identifier: label for items in _MENUS for identifier, label, _ in items}
