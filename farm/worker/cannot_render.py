"""The one exception for what a worker cannot or will not render."""


class CannotRender(Exception):
    """name: one or two sentences for the artist. type: a stable word."""

    def __init__(self, type_: str, name: str) -> None:
        super().__init__(name)
        self.type = type_
        self.name = name
