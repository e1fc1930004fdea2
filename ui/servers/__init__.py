# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that the user can choose, and the jobs that they list themselves."""
