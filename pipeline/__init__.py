"""constat: takes in paper statements of offence and makes digitized originals that a court can rely on."""

import os

__version__ = "0.1.0"

# onnxruntime reports its use to its maker over the network unless this is set before it is first imported. Nothing
# leaves a machine that holds a court's papers.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
