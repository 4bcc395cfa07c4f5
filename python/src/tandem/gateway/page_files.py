"""The page's files, kept in memory: they are small, and a browser asks for fifty of them at once."""

from dataclasses import dataclass
from hashlib import md5
from mimetypes import guess_type
from pathlib import Path

from fastapi import HTTPException, Request, Response


@dataclass(frozen=True)
class _Kept:
    changed: int
    content: bytes
    etag: str


class PageFiles:
    """Serves a folder; a file that changed on disk is read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._kept: dict[str, _Kept] = {}

    async def serve(self, request: Request) -> Response:
        """The file that the address names."""
        path = request.path_params["path"]
        file = self._read(path)
        headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=guess_type(path)[0])

    def _read(self, path: str) -> _Kept:
        try:
            file = (self._folder / path).resolve()
            there = file.is_relative_to(self._folder) and file.is_file()
        except (OSError, ValueError):  # no file has such a name
            there = False
        if not there:
            raise HTTPException(404, "There is no such file of the page.")
        changed = file.stat().st_mtime_ns
        kept = self._kept.get(path)
        if kept is None or kept.changed != changed:
            content = file.read_bytes()
            kept = _Kept(changed, content, f'"{md5(content, usedforsecurity=False).hexdigest()}"')
            self._kept[path] = kept
        return kept
