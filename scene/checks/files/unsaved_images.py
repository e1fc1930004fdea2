"""Images that were painted or baked and not saved: only this Blender has their pixels."""

from __future__ import annotations

from collections.abc import Iterator

from ....client.message import msg
from ...fixes import unsaved_images
from ...scan.reference import words
from ..context import CheckContext
from ..findings import WARNING, Finding, Fix, some

SAVE = "farmhand.save_images"


def find(context: CheckContext) -> Iterator[Finding]:
    """A saved .blend has no pixels of an unpacked image; of a packed one, it has those of the last packing."""
    names = [words(image) for image in unsaved_images.changed(one for one in context.used if one.id_type == "IMAGE")]
    if names:
        yield Finding(
            WARNING,
            "image_unsaved",
            msg(
                "{images} was painted or baked and has not been saved. The render would not show these changes. Save "
                "the images.",
                images=some(names),
            ),
            names[0],
            (Fix(SAVE),),
        )
