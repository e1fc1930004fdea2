"""The `farmhand` command as a person starts it."""

import sys
from pathlib import Path

_SCRIPT = Path(sys.executable).with_name("farmhand")
FARMHAND = (
    [str(_SCRIPT)]
    if _SCRIPT.exists()  # where the project is installed; under Wine it is a folder on the path
    else [sys.executable, "-c", "from farmhand.cli.main import main; raise SystemExit(main())"]
)
