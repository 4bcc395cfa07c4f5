"""What the platform runs and on which ports: written by whoever changes it, read by whoever wants to talk to it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tandem.local import ports
from tandem.local.layout import Layout
from tandem.settings import Settings

#: Who listens at every address of the machine, as the left sides say, is found at the right ones.
EVERYWHERE = {"": ports.LOOPBACK, "0.0.0.0": ports.LOOPBACK, "::": "::1"}  # noqa: S104  # no binding


@dataclass(frozen=True)
class Plan:
    """The parts of one platform."""

    redis_port: int
    gateway_port: int
    r_ports: Mapping[str, int]
    #: Where this machine finds the gateway.
    gateway_host: str = ports.LOOPBACK

    @property
    def experiments(self) -> list[str]:
        """Those that are served."""
        return list(self.r_ports)

    @property
    def redis_url(self) -> str:
        """Where events are announced."""
        return f"redis://{ports.LOOPBACK}:{self.redis_port}"

    @property
    def gateway_url(self) -> str:
        """Where people look."""
        host = f"[{self.gateway_host}]" if ":" in self.gateway_host else self.gateway_host
        return f"http://{host}:{self.gateway_port}"

    def r_url(self, experiment: str) -> str:
        """Where the R service of an experiment listens."""
        return f"http://{ports.LOOPBACK}:{self.r_ports[experiment]}"

    @property
    def ports(self) -> set[int]:
        """All ports that it needs."""
        return {self.redis_port, self.gateway_port, *self.r_ports.values()}

    def beside(self, experiments: Sequence[str], promised: Collection[int] = ()) -> "Plan":
        """This plan with more experiments, on ports that are free now and promised to nobody. Those that are there stay
        as they are."""
        r_ports = dict(self.r_ports)
        for experiment in experiments:
            if experiment not in r_ports:
                taken = {*self.ports, *r_ports.values(), *promised}
                r_ports[experiment] = ports.choose(ports.R_SERVICE, taken)
        return replace(self, r_ports=r_ports)

    def without(self, experiment: str) -> "Plan":
        """This plan with one experiment less."""
        return replace(self, r_ports={name: port for name, port in self.r_ports.items() if name != experiment})


def make_plan(
    experiments: Sequence[str],
    host: str = ports.LOOPBACK,
    port: int = ports.GATEWAY,
    promised: Collection[int] = (),
) -> Plan:
    """Choose ports that are free now; for the gateway, which listens at `host`, the given one if it is."""
    redis_port = ports.choose(ports.REDIS, promised)
    gateway_host = EVERYWHERE.get(host, host)
    gateway_port = ports.choose(port, {redis_port, *promised}, gateway_host)
    plan = Plan(redis_port=redis_port, gateway_port=gateway_port, r_ports={}, gateway_host=gateway_host)
    return plan.beside(experiments, promised)


def write_plan(plan: Plan, path: Path) -> None:
    """Remember the plan while the platform runs."""
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(asdict(plan)))
    aside.replace(path)


def read_plan(path: Path) -> Plan | None:
    """The plan of a running platform, if there is one."""
    try:
        return Plan(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def environment(layout: Layout, plan: Plan, experiment: str | None = None) -> dict[str, str]:
    """What a process has to be told to use this platform."""
    queue = f"sqlite://{layout.queue}"
    told = {
        "TANDEM_HOME": str(layout.home),
        "TANDEM_DATA": str(layout.data),
        "TANDEM_QUEUE_URL": f"{queue}#{experiment}" if experiment else queue,
        "TANDEM_STORE_URL": f"file://{layout.store}",
        "REDIS_URL": plan.redis_url,
        "DATABASE_URL": f"sqlite:///{layout.record}",
    }
    if experiment:
        told["EXPERIMENT_ID"] = experiment
    if experiment is not None and experiment in plan.r_ports:
        told["TANDEM_R_URL"] = plan.r_url(experiment)
    return told


def settings_for(settings: Settings, layout: Layout, plan: Plan, experiment: str | None) -> Settings:
    """The settings that make a process here speak to the platform about one experiment."""
    told = environment(layout, plan, experiment)
    names = {str(field.validation_alias): name for name, field in Settings.model_fields.items()}
    return Settings.model_validate({**settings.model_dump(), **{names[alias]: value for alias, value in told.items()}})
