import sys

from mv.cli import main

sys.exit(main())
