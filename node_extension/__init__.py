# SPDX-License-Identifier: GPL-3.0-or-later
"""Farmhand Node brings the libraries with which Farmhand renders on several computers.

There is no code here: Farmhand, which has to be enabled too, shows Help Render and Let Other Computers Help while this
extension is enabled.
"""


def register() -> None:
    """Nothing to add: Farmhand looks whether this extension is there."""


def unregister() -> None:
    """Nothing to take back: Farmhand sees that it is gone, and ends what needs it."""
