"""The names under which uploaded files may be kept."""

#: The longest name of a file or folder, in bytes; the longest of all together; and how deep folders go.
LONGEST_PART, LONGEST_NAME, DEEPEST = 255, 1000, 10


def fault_in_upload(name: str) -> str | None:
    """Why a file cannot be kept under a name like `sample1/matrix.mtx.gz`, or None where it can."""
    parts = name.split("/")
    if "\\" in name or not name.isprintable():
        return "it has signs that names of files cannot have"
    if name.startswith("/") or ".." in parts:
        return "it leads out of its folder"
    if "" in parts:
        return "a part of it is empty"
    if any(part.startswith(".") for part in parts):
        return "it is hidden (it begins with a dot)"
    sizes = [len(part.encode("utf-8", "surrogateescape")) for part in parts]
    if max(sizes) > LONGEST_PART or sum(sizes) > LONGEST_NAME or len(parts) > DEEPEST:
        return "it is too long"
    return None
