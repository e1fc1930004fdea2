# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for jobs in the list, and for jobs that the server lists."""
