"""Cell sets in a bucket: read, changed, and put back only where nobody else has done so meanwhile."""

import random
import time
from io import BytesIO

from tandem.errors import CellSetsUnavailable, ObjectMissing
from tandem.experiments.document import Document, Edit, read_document, written
from tandem.stores.base import Store, Stored

#: Between two tries there is a pause up to this long, in seconds, of another length for each of several writers.
PAUSE_S = 0.1


class BucketDocument:
    """The object under the experiment's name is the truth."""

    def __init__(self, store: Store, experiment: str) -> None:
        self._store, self._key = store, experiment

    def state(self) -> str:
        """The object's ETag."""
        return self._known().etag

    def read(self) -> bytes:
        """The object."""
        with self._store.get(self._key) as file:
            return file.read()

    def edit(self, change: Edit, *, seconds: float) -> None:
        """Try until nobody has been faster."""
        give_up_at = time.monotonic() + seconds
        while not self._edited(change):
            if time.monotonic() > give_up_at:
                raise CellSetsUnavailable(reason="others are changing them all the time")
            time.sleep(random.random() * PAUSE_S)  # noqa: S311  # no secret

    def _edited(self, change: Edit) -> bool:
        before = self._known()
        document = read_document(self.read(), f"{self._key} in {self._store.bucket}")
        after = change(document)
        return after is None or self._put(after, before)

    def _put(self, document: Document, before: Stored) -> bool:
        body = BytesIO(written(document))
        return self._store.put(self._key, body, content_type="application/json", replace=True, expected=before.etag)

    def _known(self) -> Stored:
        known = self._store.head(self._key)
        if known is None:
            raise ObjectMissing(key=self._key, bucket=self._store.bucket)
        return known
