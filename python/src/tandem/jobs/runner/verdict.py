"""Whether a run that has ended has succeeded, and why it has not."""

from collections.abc import Iterable

from tandem.errors import DiskFull, OutOfMemory, ProgramFailed, TaskError, TimedOut
from tandem.jobs.execution.launch import Ending
from tandem.jobs.programs.units import said_bytes, said_seconds
from tandem.jobs.runner import results
from tandem.jobs.spec import Spec


def fault_of(ending: Ending, spec: Spec, made: Iterable[str]) -> TaskError | None:
    """Why it is a failure: how the program ended, or a result that is not there."""
    match ending.by:
        case "memory":
            return OutOfMemory(limit=said_bytes(spec.memory_bytes))
        case "time":
            return TimedOut(limit=said_seconds(spec.time_limit_s))
        case "disk":
            return DiskFull(reason=f"it may write {said_bytes(spec.disk_bytes)}, or the disk has no room left")
    if ending.signal is not None:
        return ProgramFailed(how=f"signal {ending.signal}")
    if ending.exit_code:
        return ProgramFailed(how=f"exit code {ending.exit_code}")
    try:
        results.check_promised(list(made), spec.results)
    except TaskError as error:
        return error
    return None
