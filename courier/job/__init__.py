"""What the steps of one submission share: its context and what the user asks of it."""
