"""Print what this machine allows: `python -I -S …/confinement`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3]))

from evaluations.harness.confinement import confine

sys.stdout.write(json.dumps(confine({"rlimits": {}, "network": False, "writable": []})))
