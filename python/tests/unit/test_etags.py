"""ETags are those that existing clients compute. The goldens came from npm's object-hash 2.2.0, `hash.MD5(value)`."""

import json
from pathlib import Path

import pytest

from tandem.etags import etag_of, javascript_number, object_hash

GOLDENS = json.loads((Path(__file__).parent / "goldens" / "object_hash.json").read_text())
REQUESTS = json.loads((Path(__file__).parent / "goldens" / "work_requests.json").read_text())


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: json.dumps(golden["value"])[:40])
def test_hashes_are_those_of_object_hash(golden):
    assert object_hash(golden["value"]) == golden["hash"]


def test_an_etag_is_the_hash_of_the_request_and_the_version_of_the_data():
    golden = GOLDENS[-2]
    value = golden["value"]
    etag = etag_of(
        experiment_id=value["experimentId"],
        body=value["body"],
        request_props=value["requestProps"],
        data_version=value["qcPipelineStartDate"],
    )
    assert etag == golden["hash"]


@pytest.mark.parametrize("golden", REQUESTS, ids=lambda golden: golden["value"]["body"]["name"])
def test_whole_requests_have_the_names_that_existing_clients_give_them(golden):
    value = golden["value"]
    etag = etag_of(
        experiment_id=value["experimentId"],
        body=value["body"],
        request_props=value["requestProps"],
        data_version=value["qcPipelineStartDate"],
        extra_dependencies=value["extraDependencies"],
    )
    assert etag == golden["hash"]


def test_keys_in_another_order_make_no_difference():
    assert object_hash({"a": 1, "b": [2]}) == object_hash({"b": [2], "a": 1})


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1.5e-7, "1.5e-7"), (-12.5, "-12.5")],
)
def test_numbers_are_written_as_javascript_does(value, written):
    assert javascript_number(value) == written


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="object"):
        object_hash(object())
