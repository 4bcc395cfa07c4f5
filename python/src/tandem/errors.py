"""Every error of Tandem, in one tree. A class's docstring is its message: what happened and what to do.

TandemError
├── UsageError                 the person who typed the command can put it right (exit code 2)
│   ├── ExperimentMissing
│   ├── InvalidSetting
│   ├── PlatformBusy
│   ├── PlatformDown
│   ├── SetupIncomplete
│   ├── AdminTokenMissing
│   ├── AdminTokenShort
│   ├── TokenNameTaken
│   └── TokenUnknown
├── RequestError               the request itself is wrong: answered, dead-lettered, never retried
│   ├── MalformedMessage
│   ├── InvalidRequest
│   ├── UnknownTask
│   ├── RequestExpired
│   └── JobRefused             a job or a group cannot be accepted as asked; nothing of it is kept
│       ├── ProgramUnknown
│       ├── ProgramUnsound
│       ├── ParametersUnfit
│       ├── InputUnfit
│       ├── LimitsImpossible
│       ├── CommandsNotAllowed
│       └── BudgetSpent
├── TaskError                  the task ended without a result: answered, never retried
│   ├── TaskFailed
│   ├── DatasetUnreadable
│   ├── RServiceGone
│   ├── CellSetsNotChanged
│   ├── ResultNotStored
│   ├── ModelMissing
│   ├── ModelFailed
│   ├── ScratchFull
│   ├── TaskKilled
│   ├── DeadlineExceeded
│   ├── ProgramFailed
│   ├── OutOfMemory
│   ├── TimedOut
│   ├── DiskFull
│   ├── ResultMissing
│   ├── InputGone
│   ├── NotStarted
│   ├── NeededJobFailed
│   ├── TooManyAttempts
│   └── Unexpected
├── TransientError             worth another try, now or at the next delivery
│   ├── QueueUnavailable
│   ├── QueueMissing
│   ├── StoreUnavailable
│   ├── EventsUnavailable
│   ├── RecordUnavailable
│   ├── RServiceUnavailable
│   ├── CellSetsUnavailable
│   ├── ModelUnavailable
│   ├── ChildDied
│   ├── ClusterUnavailable
│   ├── PodLost
│   └── ShuttingDown
├── PartFailed                 the local platform could not start
├── ExchangeError              a data set could not be brought in or out
│   ├── InputUnusable
│   ├── ImportFailed
│   ├── ExportFailed
│   └── ParcelDamaged
├── Refused                    the gateway does not do what a client asks
│   ├── TokenNeeded
│   ├── TokenRefused
│   ├── RoleTooLow
│   ├── NotComputedYet
│   ├── AddressExpired
│   ├── HostRefused
│   ├── OriginRefused
│   ├── BodyTooLarge
│   ├── BodyTooSlow
│   ├── TooManyRequests
│   ├── TooManyConnections
│   └── OldPolling
├── CellSetsUnusable           the experiment's file of cell sets is damaged, away or cannot be written
├── DataSetError               a named data set cannot be had or made
│   ├── DataSetUnknown
│   └── DataSetTaken
├── ClientError                what Client and the command line had hoped for from a gateway did not come
│   ├── GatewayRefused
│   ├── GatewayAway
│   ├── DownloadDamaged
│   ├── StillOpen
│   └── EndedWithoutResult
├── LeaseLost                  the message is not ours any more: publish nothing
├── ObjectMissing
└── RecordError
    ├── RunUnknown
    ├── RunKnown
    └── IllegalMove
"""

from http import HTTPStatus
from inspect import cleandoc
from typing import ClassVar


class TandemError(Exception):
    """Something went wrong in Tandem."""

    #: What clients of the contract read in `errorCode`.
    code: ClassVar[str] = "PYTHON_WORKER_ERROR"
    #: What the command line exits with.
    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        template = " ".join(cleandoc(type(self).__doc__ or "").split())
        super().__init__(template.format(**facts))


class UsageError(TandemError):
    """The command cannot be carried out as given: {reason}."""

    exit_code = 2


class ExperimentMissing(UsageError):
    """There is no usable experiment '{experiment}': {reason}. In {folder} there is: {found}.
    To make one, put r.rds (a Seurat object) and cell_sets.json into {folder}/{experiment}/;
    the experiment 'demo' is built for you by 'make run EXPERIMENT_ID=demo'."""


class InvalidSetting(UsageError):
    """The setting {name} cannot be '{value}': {reason}."""


class PlatformDown(UsageError):
    """The local platform is not running. Start it with 'tandem up' or 'make run EXPERIMENT_ID=demo'."""


class PlatformBusy(UsageError):
    """Another command is starting or stopping the platform in {home}. Wait for it to end, then try again."""


class SetupIncomplete(UsageError):
    """Tandem is not set up here: {missing} is missing. Run 'make setup' in the checkout of Tandem."""


class AdminTokenMissing(UsageError):
    """The gateway does not listen on {host}, where others can reach it, as long as nobody holds an admin token. Make
    one with 'tandem token create --role admin', or leave TANDEM_GATEWAY_HOST at 127.0.0.1."""


class AdminTokenShort(UsageError):
    """The token of TANDEM_ADMIN_TOKEN is too short to be a secret: {least} characters are the least. Make one with
    'openssl rand -hex 32'."""


class TokenNameTaken(UsageError):
    """There is a token called '{name}' already. Choose another name, or revoke that one first."""


class TokenUnknown(UsageError):
    """There is no token '{token}' in force. 'tandem token list' shows those there are."""


class RequestError(TandemError):
    """The request cannot be carried out as sent."""

    code = "INVALID_INPUT"


class MalformedMessage(RequestError):
    """The message is not a work request: {reason}."""


class InvalidRequest(RequestError):
    """The request is not valid: {reason}."""


class UnknownTask(RequestError):
    """There is no task called '{task}'. Known tasks: {known}."""


class RequestExpired(RequestError):
    """The request expired at {timeout}, before the work could start. Send it again with a later timeout."""

    code = "REQUEST_EXPIRED"


class JobRefused(RequestError):
    """The job is not accepted: {field}: {reason}."""


class ProgramUnknown(JobRefused):
    """There is no program '{program}'. Known programs: {known}."""


class ProgramUnsound(JobRefused):
    """The program '{program}' cannot be used: {reason}."""


class ParametersUnfit(JobRefused):
    """The parameter {field} does not fit: {reason}."""


class InputUnfit(JobRefused):
    """The input {field} cannot be used: {reason}."""


class LimitsImpossible(JobRefused):
    """No runner can give {field} = {value}: {reason}."""


class CommandsNotAllowed(JobRefused):
    """Only programs may be run here, no commands of one's own. Whoever runs this gateway allows them with
    TANDEM_COMMANDS=true."""


class BudgetSpent(JobRefused):
    """The group '{group}' has used up its limit of {limit:g} {unit}-hours: it has used {used:.3g}."""

    code = "BUDGET_SPENT"


class TaskError(TandemError):
    """The task ended without a result."""


class TaskFailed(TaskError):
    """{user_message}"""

    def __init__(self, *, error_code: str, user_message: str) -> None:
        super().__init__(user_message=user_message)
        self.code = error_code  # type: ignore[misc]  # R names the code


class DatasetUnreadable(TaskError):
    """The experiment's dataset cannot be read, so nothing is computed: {reason} Put a sound r.rds in its place."""

    code = "DATASET_UNREADABLE"


class RServiceGone(TaskError):
    """The R service of this experiment does not start, so nothing is computed. Its log says why."""

    code = "R_WORKER_NOT_STARTED"


class CellSetsNotChanged(TaskError):
    """The result is there, but the experiment's cell sets could not be changed by it: {reason}."""

    code = "CELL_SETS_NOT_CHANGED"


class ResultNotStored(TaskError):
    """The task is done, but its result could not be stored while its caller waited: {reason}."""

    code = "RESULT_NOT_STORED"


class ModelMissing(TaskError):
    """No language model is configured, so clusters cannot be annotated by one. Set TANDEM_MODEL to the model's name;
    it is asked through Amazon Bedrock, or at the OpenAI-compatible address in TANDEM_MODEL_URL if there is one."""

    code = "R_WORKER_CASSIA_ERROR"


class ModelFailed(TaskError):
    """The language model {model} gave no usable answer: {reason}."""

    code = "R_WORKER_CASSIA_ERROR"


class ScratchFull(TaskError):
    """The worker's scratch folder has no room for the result. Try again later, or give TANDEM_SCRATCH more."""

    code = "SCRATCH_FULL"


class TaskKilled(TaskError):
    """The task was cancelled."""

    code = "TASK_CANCELLED"


class DeadlineExceeded(TaskError):
    """The task did not finish in the time that its caller gave it, and was stopped."""

    code = "TASK_TIMEOUT"


class ProgramFailed(TaskError):
    """The program ended with {how}."""

    code = "PROGRAM_FAILED"


class OutOfMemory(TaskError):
    """The job used more memory than the {limit} it was given. Ask for more, or let it use less."""

    code = "OUT_OF_MEMORY"


class TimedOut(TaskError):
    """The job did not end within its time limit of {limit}, and was stopped."""

    code = "TIMED_OUT"


class DiskFull(TaskError):
    """The job could not write on: {reason}."""

    code = "DISK_FULL"


class ResultMissing(TaskError):
    """The program ended well, but what it promises is not in its results: {missing}."""

    code = "RESULT_MISSING"


class InputGone(TaskError):
    """What the job reads is not there any more: {reason}."""

    code = "INPUT_MISSING"


class NotStarted(TaskError):
    """The program could not be started: {reason}."""

    code = "NOT_STARTED"


class NeededJobFailed(TaskError):
    """The job waited for '{job}', which is {state}, so it was not begun."""

    code = "NEEDED_JOB_FAILED"


class TooManyAttempts(TaskError):
    """The task was given up after {attempts} attempts. The last one ended so: {reason}."""

    code = "TASK_GIVEN_UP"


class Unexpected(TaskError):
    """An unexpected error occurred while performing the work."""


class TransientError(TandemError):
    """Something is away for the moment."""

    #: Whether a message handed back for this has used up one of its attempts.
    counts: ClassVar[bool] = True


class QueueUnavailable(TransientError):
    """The queue {queue} does not answer: {reason}."""


class QueueMissing(TransientError):
    """The queue {queue} does not exist yet."""


class StoreUnavailable(TransientError):
    """The store {bucket} does not take or give '{key}': {reason}."""


class EventsUnavailable(TransientError):
    """Redis at {address} does not answer: {reason}."""


class RecordUnavailable(TransientError):
    """The record of runs at {database} does not answer: {reason}."""


class RServiceUnavailable(TransientError):
    """The R service at {url} is not ready: {reason}."""


class CellSetsUnavailable(TransientError):
    """The experiment's cell sets cannot be changed now: {reason}."""


class ModelUnavailable(TransientError):
    """The language model {model} does not answer: {reason}."""


class ChildDied(TransientError):
    """The process that computed the task died: {reason}."""


class ClusterUnavailable(TransientError):
    """The Kubernetes API does not do its part: {reason}."""

    #: The attempt goes on meanwhile.
    counts = False


class PodLost(TransientError):
    """The job's pod came to no end of its own: {reason}."""


class ShuttingDown(TransientError):
    """The worker is shutting down; the message goes back to the queue."""

    counts = False


class PartFailed(TandemError):
    """{part} did not start: {reason}. Its log, {log}, ends so: {tail}"""


class ExchangeError(TandemError):
    """A data set could not be brought in or out."""


class InputUnusable(ExchangeError):
    """{path} cannot be imported: {reason}."""

    exit_code = 2


class ImportFailed(ExchangeError):
    """The import of '{experiment}' stopped: {reason}. Nothing was changed."""


class ExportFailed(ExchangeError):
    """'{experiment}' cannot be exported: {reason}. Nothing was written."""


class ParcelDamaged(ExchangeError):
    """The parcel {folder} does not fit together: {reason}."""


class Refused(TandemError):
    """The gateway does not do this."""

    code = "REFUSED"


class TokenNeeded(Refused):
    """This needs a token. Send it as 'Authorization: Bearer <token>', or sign in on the page; whoever runs this
    gateway makes one with 'tandem token create'."""

    code = "TOKEN_NEEDED"


class TokenRefused(Refused):
    """The token is not known here, or was revoked. Ask whoever runs this gateway for another one."""

    code = "TOKEN_REFUSED"


class RoleTooLow(Refused):
    """This is for tokens of the role {needed}; yours has the role {role}."""

    code = "ROLE_TOO_LOW"


class NotComputedYet(Refused):
    """This has not been computed yet, and your token lets you look at results only. Ask somebody who has a token of
    the role submitter to open it once."""

    code = "NOT_COMPUTED_YET"


class AddressExpired(Refused):
    """The address of this result is not valid, or not any more. Ask for the result again to get a new one."""

    code = "ADDRESS_EXPIRED"


class HostRefused(Refused):
    """The gateway does not answer to the name '{host}'. Ask for localhost or 127.0.0.1, or add the name to
    TANDEM_GATEWAY_HOSTS."""


class OriginRefused(Refused):
    """Pages of {origin} may not do this. Add that origin to TANDEM_CORS_ORIGINS if you trust it."""


class BodyTooLarge(Refused):
    """The request is too large: its body may have {limit:,} bytes. {variable} sets that limit."""

    code = "BODY_TOO_LARGE"


class BodyTooSlow(Refused):
    """Nothing more of the request's body came for {seconds:g} seconds. Send it again."""

    code = "BODY_TOO_SLOW"


class TooManyRequests(Refused):
    """Too many requests came from your address: {rate:g} in a second are allowed. Wait a moment, then go on."""

    code = "TOO_MANY_REQUESTS"


class TooManyConnections(Refused):
    """Too many clients listen already: {limit} may. Try again later; {variable} sets that limit."""

    code = "TOO_MANY_CONNECTIONS"


class OldPolling(Refused):
    """Clients of socket.io 2 (Engine.IO 3) are served over websocket alone: connect with
    {{transports: ["websocket"]}}, or use socket.io-client 3 or later."""


class CellSetsUnusable(TandemError):
    """The experiment's cell sets cannot be read or changed: {reason}."""


class DataSetError(TandemError):
    """The data set cannot be had."""


class DataSetUnknown(DataSetError):
    """There is no data set '{name}'. Known data sets: {known}."""


class DataSetTaken(DataSetError):
    """There is a data set '{name}' already, and it holds something else. Choose another name, or ask to replace it."""


class ClientError(TandemError):
    """The gateway did not give what was asked for."""


class GatewayRefused(ClientError):
    """{detail}"""

    def __init__(self, *, detail: str, status: int) -> None:
        super().__init__(detail=detail, status=status)
        self.status = status
        #: What was asked for wrongly is for the asker to put right; what failed over there is not.
        self.exit_code = 2 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 1  # type: ignore[misc]


class GatewayAway(ClientError):
    """The gateway at {url} does not answer: {reason}. Check its address (TANDEM_URL), and whether it runs."""


class DownloadDamaged(ClientError):
    """'{path}' did not arrive as it was made: {reason}. Nothing was kept; download it again."""


class StillOpen(ClientError, TimeoutError):
    """{what} is still {state} after {seconds:g} s. It goes on."""


class EndedWithoutResult(ClientError):
    """{what} is {state}: {reason}"""


class LeaseLost(TandemError):
    """The lease on message {message_id} is lost; another worker may hold it."""


class ObjectMissing(TandemError):
    """There is no object '{key}' in {bucket}."""


class RecordError(TandemError):
    """The record of runs refuses the change."""


class RunUnknown(RecordError):
    """There is no run '{run_id}' in the record."""


class RunKnown(RecordError):
    """There is a run '{run_id}' in the record already."""


class IllegalMove(RecordError):
    """The run '{run_id}' is {now} and cannot become {then}."""
