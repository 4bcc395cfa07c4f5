"""The tree of errors as it is drawn, and what clients read of it."""

import re

import pytest

from tandem import errors
from tandem.errors import CellSetsNotChanged, ModelFailed, ModelMissing, TandemError


def drawn():
    """Each error in the drawing with the one it hangs from."""
    above = []
    for line in (errors.__doc__ or "").splitlines():
        if (found := re.match(r"([│├└─ ]*)([A-Z]\w+)(?:\s{2,}.*)?$", line)) and (found[1] or found[2] == "TandemError"):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            yield found[2], above[depth - 1] if depth else "Exception"


def test_the_drawing_is_the_tree():
    real = {
        name: thing.__bases__[0].__name__
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, TandemError)
    }

    assert dict(drawn()) == real


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CellSetsNotChanged(reason="the API answered 401"), "CELL_SETS_NOT_CHANGED", "the API answered 401"),
        (ModelMissing(), "R_WORKER_CASSIA_ERROR", "TANDEM_MODEL"),
        (ModelFailed(model="m", reason="it sulks"), "R_WORKER_CASSIA_ERROR", "m gave no usable answer: it sulks"),
    ],
)
def test_clients_read_a_code_and_a_sentence(error, code, said):
    assert error.code == code
    assert said in str(error)
    assert "{" not in str(error)
