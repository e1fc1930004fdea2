# SPDX-License-Identifier: GPL-3.0-or-later
"""What checks, transfers and the courier say, in each language; see `farmhand.sentences`."""
