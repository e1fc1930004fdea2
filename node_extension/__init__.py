"""Farmhand Node brings the libraries with which Farmhand renders on several computers.

There is no code here: Farmhand, which has to be enabled too, shows Help Render and Let Other Computers Help while this
extension is enabled.
"""


def register() -> None:
    """Nothing to add: Farmhand checks whether this extension is enabled."""


def unregister() -> None:
    """Nothing to remove: Farmhand notices that it is disabled, and stops what needs it."""
