# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished frames into the open .blend: as a strip, an image, a compositor node, a camera background."""
