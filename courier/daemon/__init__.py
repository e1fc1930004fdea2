"""The background process: its supervisor, and the handover to a newer one."""
