"""A message is checked whole before anything is done, and echoed without its secrets."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.errors import InvalidRequest, MalformedMessage, RequestError, RequestExpired
from tandem.tasks.request import decode, echo, parse, salvage

MESSAGE = {
    "ETag": "5c144e5245eea6d1c5d5d8ed5ea3b5a9",
    "signedUrl": "https://bucket.example/etag?X-Amz-Signature=secret",
    "Authorization": "Bearer eyJhbGciOi.eyJzdWIi.c2ln",
    "experimentId": "e52b39624588791a7889e39c617f669e",
    "timeout": "2099-01-01T00:00:00.000Z",
    "body": {"name": "GetNUmis"},
    "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
}


def test_a_message_of_an_existing_client_is_read():
    request = parse(decode(json.dumps(MESSAGE)))

    assert request.etag == MESSAGE["ETag"]
    assert request.task == "GetNUmis"
    assert request.timeout == datetime(2099, 1, 1, tzinfo=UTC)


def test_request_props_may_be_absent():
    assert parse({k: v for k, v in MESSAGE.items() if k != "requestProps"}).request_props.broadcast is False


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "null", "1", "[" * 100_000, '{"a": ' * 100_000])
def test_what_is_not_an_object_is_malformed(text):
    with pytest.raises(MalformedMessage):
        decode(text)


@pytest.mark.parametrize(
    "part",
    [
        '"genes": ["\\ud800"]',
        '"\\udfff": 1',
        '"offset": 1000000000000000000000000000000',
        '"offset": ' + "9" * 5000,
        '"x": ' + "[" * 100 + "]" * 100,
        '"x": NaN',
        '"x": -Infinity',
    ],
)
def test_what_other_programs_cannot_read_is_malformed_but_can_be_answered(part):
    text = json.dumps(MESSAGE)[:-1] + f', "more": {{{part}}}}}'

    with pytest.raises(MalformedMessage):
        decode(text)

    assert salvage(text) == {
        "ETag": MESSAGE["ETag"],
        "experimentId": MESSAGE["experimentId"],
        "body": {"name": "GetNUmis"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9" * 5000, "an integer of more than 64 bits."),
        ("9" * 20, "an integer of more than 64 bits."),
        ("[" * 100_000, "nested more than 60 levels deep."),
        ("[" * 61 + "]" * 61, "nested more than 60 levels deep."),
        ("NaN", r"not JSON \(NaN is no number in JSON\)."),
    ],
)
def test_what_other_programs_cannot_read_is_said_in_plain_words(text, said):
    with pytest.raises(MalformedMessage, match=said):
        decode(text)


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"ETag": "ab\\n", "experimentId": 5, "body": {"name": "\\ud800"}}'])
def test_nothing_unsound_is_salvaged(text):
    assert salvage(text) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ETag", None),
        ("ETag", "ab\n"),
        ("timeout", "0001-01-01T00:00:00+14:00"),
        ("timeout", "9999-12-31T23:59:59-12:00"),
        ("ETag", "../../etc/passwd"),
        ("ETag", 7),
        ("timeout", None),
        ("timeout", 1893456000),
        ("timeout", "tomorrow"),
        ("timeout", "1893456000"),
        ("timeout", "0.5"),
        ("experimentId", "../other"),
        ("experimentId", ["a"]),
        ("body", "GetNUmis"),
        ("requestProps", []),
        ("requestProps", {"broadcast": "perhaps"}),
        ("requestProps", {"pagination": {"orderBy": "p_val", "orderDirection": "ASC", "offset": -1, "limit": 5}}),
    ],
)
def test_a_wrong_field_is_named_and_its_value_kept_out(field, value):
    with pytest.raises(InvalidRequest) as caught:
        parse({**MESSAGE, field: value})

    assert field in str(caught.value)
    assert "etc/passwd" not in str(caught.value)


@pytest.mark.parametrize(
    ("timeout", "moment"),
    [
        ("2021-06-01T12:00:00", datetime(2021, 6, 1, 12, tzinfo=UTC)),
        ("2021-06-01T12:00:00+02:00", datetime(2021, 6, 1, 10, tzinfo=UTC)),
        ("2021-06-01T12:00:00.123Z", datetime(2021, 6, 1, 12, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_timeout_without_a_zone_is_meant_in_utc_and_others_are_converted(timeout, moment):
    request = parse({**MESSAGE, "timeout": timeout})

    assert request.timeout == moment
    with pytest.raises(RequestExpired):
        request.check_not_expired()


def test_a_request_with_time_left_is_not_expired():
    soon = datetime.now(UTC) + timedelta(seconds=60)
    request = parse({**MESSAGE, "timeout": soon.isoformat()})

    request.check_not_expired()
    assert 59 < request.seconds_left() <= 60


def test_the_echo_carries_no_token():
    echoed = json.dumps(echo({**MESSAGE, "authJWT": "Bearer eyJhbGciOi.eyJzdWIi.c2ln"}))

    assert "eyJ" not in echoed
    assert MESSAGE["ETag"] in echoed


def test_a_request_shows_no_token_when_printed():
    assert "eyJ" not in repr(parse(MESSAGE))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(MESSAGE)), json_values)
def test_any_value_in_any_field_is_read_or_refused_never_a_crash(field, value):
    with suppress(RequestError):
        parse(decode(json.dumps({**MESSAGE, field: value})))
