"""What desktops leave in folders and archives: nobody misses it."""

LITTER = (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX")


def is_litter(path: str) -> bool:
    """Whether a file is of no use to anybody, and is left out without a word."""
    parts = path.split("/")
    return parts[-1].startswith("._") or not set(LITTER).isdisjoint(parts)
