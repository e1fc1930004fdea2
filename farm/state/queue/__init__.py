"""Which frame is rendered next: the queue, the shares of workspaces in it, and how long frames take."""
