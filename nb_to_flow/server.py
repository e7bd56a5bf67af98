"""What is asked of a Prefect server before it is used."""

from __future__ import annotations

import urllib.error
import urllib.request


def answers(api_url: str) -> bool:
    """True if a server is there and well, or one that first wants to know who asks."""
    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
