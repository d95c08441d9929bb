"""``python -m tests.cli.at_time INSTANT …`` is ``python -m mv …`` at that instant."""

import sys
from datetime import datetime

from mv.cli import command, main

command.clock = lambda: datetime.fromisoformat(sys.argv[1])
sys.exit(main(sys.argv[2:]))
