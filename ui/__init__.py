# SPDX-License-Identifier: GPL-3.0-or-later
"""What buttons and panels share: state, properties, preferences, servers, text."""
