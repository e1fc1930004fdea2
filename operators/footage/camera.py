"""Frames as a background image of the scene's camera."""

from __future__ import annotations

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Camera, Scene

from ...client.errors import LocalProblem
from . import image
from .footage import Footage


def add(scene: Scene, footage: Footage) -> Camera:
    """Add the footage as the camera's background, once; returns the camera. Raises LocalProblem if there is none."""
    if scene.camera is None:
        raise LocalProblem(rpt_("The scene has no camera."), "", rpt_("Add one, then try again."))
    camera = scene.camera.data
    shown = image.image_of(footage)
    if not any(one.image == shown for one in camera.background_images):
        background = camera.background_images.new()
        background.image = shown
        image.set_range(background.image_user, footage)
    camera.show_background_images = True
    return camera
