"""Root without its rights, as in a container that has dropped them, is nobody special."""

import os
import subprocess
import sys

import pytest

ASK = "from tandem.rights import may_become_others; print(may_become_others())"


def test_root_may_become_others():
    assert subprocess.check_output([sys.executable, "-c", ASK], text=True).strip() == str(os.geteuid() == 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root has no rights to drop")
def test_root_without_rights_may_not():
    command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", ASK]
    assert subprocess.check_output(command, text=True).strip() == "False"
