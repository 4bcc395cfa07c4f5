"""Where objects and results lie."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from tandem.errors import InvalidSetting
from tandem.settings import DEVELOPMENT_ACCOUNT, Kind, Settings
from tandem.stores.base import Store, Stored

__all__ = ["Kind", "Store", "Stored", "open_store"]


def open_store(settings: Settings, kind: Kind) -> Store:
    """The bucket of this kind, in the place that the settings choose."""
    url = settings.store_url or "s3://"
    parts = urlsplit(url)
    account = settings.aws_account_id or (DEVELOPMENT_ACCOUNT if settings.in_development else None)
    match parts.scheme, bool(parts.netloc), parts.path.startswith("/"):
        case "file", False, True:
            from tandem.stores.folder import FolderStore

            return FolderStore(Path(unquote(parts.path)), settings.bucket(kind, account or DEVELOPMENT_ACCOUNT))
        case "s3", False, False:
            from tandem.stores.s3 import S3Store

            return S3Store.of_kind(settings, kind, account)
        case _:
            raise InvalidSetting(
                name="TANDEM_STORE_URL", value=url, reason="it must be file:///absolute/folder, or s3:// alone"
            )
