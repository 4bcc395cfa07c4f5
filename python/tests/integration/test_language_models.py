"""What every adapter of a language model promises, against a server that speaks its protocol over HTTP."""

import json
import logging

import pytest

from tandem.errors import InvalidSetting, ModelFailed, ModelUnavailable
from tandem.models import Turn, bedrock, chat_completions, open_model
from tandem.settings import Settings

KEY = "sk-very-secret-123"
QUESTION = [Turn("user", "Which cell is this?")]


@pytest.fixture(params=["chat completions", "bedrock"])
def protocol(request, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return request.param


@pytest.fixture
def settings(protocol, model_server):
    if protocol == "bedrock":
        return Settings(TANDEM_MODEL="qwen.qwen3-next-80b-a3b", AWS_ENDPOINT_URL_BEDROCK_RUNTIME=model_server.url)
    return Settings(TANDEM_MODEL="some-model", TANDEM_MODEL_URL=f"{model_server.url}/v1/", TANDEM_MODEL_KEY=KEY)


@pytest.fixture
def model(settings):
    return open_model(settings)


def test_a_question_is_answered(model, model_server):
    model_server.reply = lambda question: f"You asked: {question}"

    assert model.answer("Be brief.", QUESTION) == "You asked: Which cell is this?"


def test_a_conversation_goes_on(model, model_server, protocol):
    turns = [*QUESTION, Turn("assistant", "A cell."), Turn("user", "Which?")]
    model.answer("Be brief.", turns)

    [(path, _, body)] = model_server.asked
    if protocol == "bedrock":
        assert path == "/model/qwen.qwen3-next-80b-a3b/converse"
        assert body["system"] == [{"text": "Be brief."}]
        said = [(turn["role"], turn["content"][0]["text"]) for turn in body["messages"]]
        assert body["inferenceConfig"]["temperature"] == 0
    else:
        assert body["model"] == "some-model"
        assert body["messages"][0] == {"role": "system", "content": "Be brief."}
        said = [(turn["role"], turn["content"]) for turn in body["messages"][1:]]
        assert body["temperature"] == 0
    assert said == [(turn.speaker, turn.text) for turn in turns]


@pytest.mark.parametrize("fault", [429, 500, 503, "cut"])
def test_trouble_that_may_pass_is_said_to_be_so(model, model_server, fault):
    model_server.faults = [fault]

    with pytest.raises(ModelUnavailable):
        model.answer("Be brief.", QUESTION)

    assert len(model_server.asked) == 1, "whether it is worth another try is for the caller to say"
    assert model.answer("Be brief.", QUESTION)


def test_a_silent_model_is_given_up(settings, model_server, protocol, monkeypatch):
    monkeypatch.setattr(bedrock if protocol == "bedrock" else chat_completions, "READ_S", 0.3)
    model_server.faults = ["hang"]

    with pytest.raises(ModelUnavailable):
        open_model(settings).answer("Be brief.", QUESTION)


def test_a_model_that_is_away_is_said_to_be_so(model, model_server):
    model_server.close()

    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        model.answer("Be brief.", QUESTION)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_told_with_its_reason_and_without_the_key(model, model_server, caplog, status):
    caplog.set_level(logging.DEBUG, logger="tandem")
    model_server.faults = [status]
    model_server.message = f"no such model\nfor {KEY}" + "x" * 5000

    with pytest.raises(ModelFailed, match="no such model for") as failed:
        model.answer("Be brief.", QUESTION)

    assert len(str(failed.value)) < 500
    if isinstance(model, chat_completions.ChatCompletions):
        assert KEY not in str(failed.value) + caplog.text


@pytest.mark.parametrize("fault", ["endless", "nonsense"])
def test_an_answer_that_is_none_is_not_taken(model, model_server, protocol, fault):
    if (protocol, fault) == ("bedrock", "endless"):
        pytest.skip("the length of an answer is limited by its number of tokens")
    model_server.faults = [fault]

    with pytest.raises(ModelFailed, match="answer"):
        model.answer("Be brief.", QUESTION)


def test_a_model_that_knows_no_temperature_is_asked_without(model_server):
    model = chat_completions.ChatCompletions("m", f"{model_server.url}/v1", None)
    model_server.faults = [400]
    model_server.message = "Unsupported value: 'temperature' does not support 0"

    assert model.answer("Be brief.", QUESTION)

    first, second = (json.loads(json.dumps(body)) for _, _, body in model_server.asked)
    assert "temperature" in first
    assert "temperature" not in second


def test_a_key_is_sent_where_there_is_one_and_shown_nowhere(model_server):
    settings = Settings(TANDEM_MODEL="m", TANDEM_MODEL_URL=f"{model_server.url}/v1", TANDEM_MODEL_KEY=KEY)
    open_model(settings).answer("Be brief.", QUESTION)
    open_model(Settings(TANDEM_MODEL="m", TANDEM_MODEL_URL=f"{model_server.url}/v1")).answer("Be brief.", QUESTION)

    sent = [headers.get("Authorization") for _, headers, _ in model_server.asked]
    assert sent == [f"Bearer {KEY}", None]
    assert KEY not in repr(settings) + str(settings)


def test_a_redirection_is_not_followed(model_server):
    model = chat_completions.ChatCompletions("m", f"{model_server.url}/v1", KEY)
    model_server.faults = [307]

    with pytest.raises(ModelFailed, match="307"):
        model.answer("Be brief.", QUESTION)


def test_without_a_name_there_is_no_model():
    assert open_model(Settings()) is None
    assert open_model(Settings(TANDEM_MODEL_URL="http://127.0.0.1:1/v1")) is None


def test_an_address_that_is_none_is_refused_at_the_start():
    with pytest.raises(InvalidSetting, match="TANDEM_MODEL_URL"):
        open_model(Settings(TANDEM_MODEL="m", TANDEM_MODEL_URL="somewhere"))
