"""The servers that the courier talks to: limits, retries, this computer's farm."""
