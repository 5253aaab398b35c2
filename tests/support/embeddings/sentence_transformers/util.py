"""What it has beside the model."""

import os


def get_device_name() -> str:
    """Return `cuda` where there is a GPU, as far as tests are concerned, else `cpu`."""
    return (
        "cuda" if os.environ.get("EMBEDDING_DEVICE", "") == "cuda" or os.environ.get("CUDA_VISIBLE_DEVICES") else "cpu"
    )
