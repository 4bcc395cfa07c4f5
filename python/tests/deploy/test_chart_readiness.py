"""What a worker's readiness probe says, asked of a real shell."""

import subprocess

import pytest

from fixtures.chart import containers


@pytest.mark.parametrize(
    ("labels", "healthy", "asked"),
    [
        ('type="worker"\nsandboxId="box"', 0, [""]),
        ('type="worker"\nsandboxId="box"', 1, [""]),
        ('experimentId="e1"\ntype="worker"', 0, ["--ready"]),
        ('experimentId="e1"\ntype="worker"', 1, ["--ready"]),
    ],
)
@pytest.mark.parametrize("name", ["worker", "worker-r"])
def test_a_spare_pod_is_ready_when_it_lives_and_a_labelled_one_when_it_answers(
    chart, tmp_path, name, labels, healthy, asked
):
    (_, pod), *_ = chart.render().pods()
    *shell, script = containers(pod)[name]["readinessProbe"]["exec"]["command"]
    (tmp_path / "labels").write_text(labels)
    (tmp_path / "healthy").write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/asked\nexit {healthy}\n')
    (tmp_path / "healthy").chmod(0o755)

    done = subprocess.run(
        [*shell, script.replace("/etc/podinfo/labels", str(tmp_path / "labels"))],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )

    assert done.returncode == healthy
    assert (tmp_path / "asked").read_text().splitlines() == asked
