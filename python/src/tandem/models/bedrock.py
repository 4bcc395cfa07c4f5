"""A model in Amazon Bedrock, through `converse`. Keys and region are found as every program of AWS finds them."""

from collections.abc import Sequence

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotReached

from tandem.errors import ModelFailed, ModelUnavailable
from tandem.logs import redact
from tandem.models.base import CONNECT_S, READ_S, Turn
from tandem.settings import Settings
from tandem.text import one_line

#: The longest answer that is asked for, in tokens.
ANSWER_TOKENS = 8192
#: Answers after which another try may help, besides the server's own faults.
TRY_AGAIN = frozenset({408, 429})


class Bedrock:
    """One model of one region."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        # One try a call: whoever asks knows how long it is worth to try again.
        patience = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1})
        self._client = boto3.Session(region_name=settings.aws_region).client(
            "bedrock-runtime", endpoint_url=settings.bedrock_endpoint, config=patience
        )

    def answer(self, instructions: str, turns: Sequence[Turn]) -> str:
        """Ask for the likeliest answer."""
        try:
            told = self._client.converse(
                modelId=self.name,
                system=[{"text": instructions}],
                messages=[{"role": turn.speaker, "content": [{"text": turn.text}]} for turn in turns],
                inferenceConfig={"maxTokens": ANSWER_TOKENS, "temperature": 0.0},
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            reason = one_line(redact(str(error)), 300)
            if status in TRY_AGAIN or status >= 500:
                raise ModelUnavailable(model=self.name, reason=reason) from error
            raise ModelFailed(model=self.name, reason=reason) from error
        except (NotReached, HTTPClientError) as error:
            raise ModelUnavailable(model=self.name, reason=f"it cannot be reached ({type(error).__name__})") from error
        except BotoCoreError as error:
            raise ModelFailed(model=self.name, reason=one_line(redact(str(error)), 300)) from error
        try:
            return "".join(part.get("text", "") for part in told["output"]["message"]["content"])
        except (LookupError, TypeError, AttributeError) as error:
            raise ModelFailed(model=self.name, reason="its answer is not of Bedrock's form") from error
