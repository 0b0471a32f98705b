"""`python -m miniapi` is `miniapi`."""

import sys

from miniapi.cli import main

sys.exit(main())
