"""Language models: where they are asked."""

from tandem.errors import InvalidSetting
from tandem.models.base import LanguageModel, Turn
from tandem.settings import Settings

__all__ = ["LanguageModel", "Turn", "open_model"]


def open_model(settings: Settings) -> LanguageModel | None:
    """The model that the settings name, if they name one."""
    name, url, key = settings.language_model, settings.language_model_url, settings.language_model_key
    if not name:
        return None
    _check_address("TANDEM_MODEL_URL", url)
    _check_address("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", settings.bedrock_endpoint)
    if url:
        from tandem.models.chat_completions import ChatCompletions

        return ChatCompletions(name, url, key.get_secret_value() if key else None)
    from tandem.models.bedrock import Bedrock

    return Bedrock(name, settings)


def _check_address(setting: str, url: str | None) -> None:
    if url and not url.startswith(("http://", "https://")):
        raise InvalidSetting(name=setting, value=url, reason="it must be an address, as https://host/v1")
