"""Farmhand: render the open .blend in the cloud or on your own computers."""


def register() -> None:
    """Add Farmhand to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take Farmhand out of Blender again, in reverse order."""
    from . import registration

    registration.unregister()
