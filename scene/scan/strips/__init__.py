# SPDX-License-Identifier: GPL-3.0-or-later
"""The strips of a sequencer: which are shown, at which frames, and the files that they name."""
