# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `farmhand …`, and `blender --command farmhand …`. Standard library only."""
