"""The container of a shell: how it is started, and saved as an image."""

import os

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Launch, Limits
from tandem.jobs.trial.container import commit_command, shell_command


def test_a_shell_finds_the_folders_where_a_run_does_and_can_be_saved(tmp_path):
    limits = Limits(cpus=2, memory_bytes=10**9, disk_bytes=10**9, time_s=60, grace_s=1)
    launch = Launch("shell-mine", ("true",), RunFolder(tmp_path), {"MINE": "a b"}, limits, image="r-base:4.4")
    command = shell_command("docker", "mine", launch)
    name = f"tandem-shell-{os.getuid()}-mine"
    assert command[:4] == ["docker", "run", "--interactive", "--tty"]
    assert command[-3:] == ["--entrypoint", "/bin/sh", "r-base:4.4"]
    assert command[command.index("--volume") + 1] == f"{tmp_path}:/io"
    assert command[command.index("--name") + 1] == name
    assert {"MINE=a b", "TANDEM_INPUT=/io/inputs", "OMP_NUM_THREADS=2"} <= set(command)
    assert not any(word.startswith("PATH=") for word in command)
    assert "--rm" not in command
    assert commit_command("podman", "mine", "tandem/mine:latest") == ["podman", "commit", name, "tandem/mine:latest"]
