"""Open an export with ``datasets`` and print its features and rows. Arguments: the folder, a folder for the cache."""

import json
import sys
import warnings

warnings.simplefilter("error")

from datasets import load_dataset  # noqa: E402  (its warnings count too)

data = load_dataset(sys.argv[1], split="train", cache_dir=sys.argv[2])
features = {
    name: [type(feature).__name__, getattr(feature, "names", None) or getattr(feature, "dtype", None)]
    for name, feature in data.features.items()
}
sys.stdout.write(json.dumps({"features": features, "rows": list(data)}))
