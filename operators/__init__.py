# SPDX-License-Identifier: GPL-3.0-or-later
"""What a button does. Thin: each operator reads the context, calls one thing and reports."""
