"""One settings object, read from the environment once. What is not set is derived as the existing platform names it."""

from hashlib import sha1
from os import cpu_count, environ
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from tandem.errors import InvalidSetting

#: The account number that development and its simulators use.
DEVELOPMENT_ACCOUNT = "000000000000"


#: Where a pod keeps its experiments, as the R service also believes.
POD_DATA = Path("/data")
#: Where a pod finds what its cluster knows it by.
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


#: The buckets: of results, of datasets and cell sets, and of what jobs read and make.
Kind = Literal["worker-results", "processed-matrix", "cell-sets", "jobs"]


def _parts(given: Any) -> Any:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


#: Several names in one variable, with commas between.
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]


def find_checkout() -> Path | None:
    """The checkout around the working directory, if there is one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "r" / "DESCRIPTION").exists()), None)


class Settings(BaseSettings):
    """Everything that can be set from outside, each with its unit."""

    # Fields may be given by name in code; the prefix keeps their names from being read from the environment as they
    # are, where HOME and the like mean something else. A variable that is empty is one that nobody has set.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_prefix="TANDEM_FIELD_", env_ignore_empty=True
    )

    # who we are
    experiment_id: str | None = Field(None, validation_alias="EXPERIMENT_ID")
    sandbox_id: str = Field("default", validation_alias="SANDBOX_ID")
    work_queue_hash: str | None = Field(None, validation_alias="WORK_QUEUE_HASH")
    cluster_env_given: str | None = Field(None, validation_alias="CLUSTER_ENV")
    k8s_env: str | None = Field(None, validation_alias="K8S_ENV")
    labels_file: Path = Field(Path("/etc/podinfo/labels"), validation_alias="TANDEM_LABELS")

    # the pod that we are, its cluster, and what it knows us by there
    pod_name: str | None = Field(None, validation_alias="POD_NAME")
    pod_namespace: str | None = Field(None, validation_alias="POD_NAMESPACE")
    kubernetes_host: str | None = Field(None, validation_alias="KUBERNETES_SERVICE_HOST")
    kubernetes_port: int = Field(443, validation_alias="KUBERNETES_SERVICE_PORT")
    service_account: Path = Field(SERVICE_ACCOUNT, validation_alias="TANDEM_SERVICE_ACCOUNT_FOLDER")

    # folders
    home_given: Path | None = Field(None, validation_alias="TANDEM_HOME")
    data_given: Path | None = Field(None, validation_alias="TANDEM_DATA")
    scratch: Path = Field(Path("/dev/shm"), validation_alias="TANDEM_SCRATCH")  # noqa: S108

    # the ports and the record
    queue_url: str | None = Field(None, validation_alias="TANDEM_QUEUE_URL")
    dead_letter_url: str | None = Field(None, validation_alias="TANDEM_DEAD_LETTER_URL")
    store_url: str | None = Field(None, validation_alias="TANDEM_STORE_URL")
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    database_url_given: str | None = Field(None, validation_alias="DATABASE_URL")
    r_url: str = Field("http://127.0.0.1:4000", validation_alias="TANDEM_R_URL")
    api_url: str | None = Field(None, validation_alias=AliasChoices("TANDEM_API_URL", "API_URL"))

    # AWS
    aws_region: str = Field("eu-west-1", validation_alias=AliasChoices("AWS_DEFAULT_REGION", "AWS_REGION"))
    aws_account_id: str | None = Field(None, validation_alias="AWS_ACCOUNT_ID")
    aws_endpoint: str | None = Field(None, validation_alias="AWS_ENDPOINT_URL")

    # the language model: at an OpenAI-compatible address if one is given, else in Amazon Bedrock
    language_model: str | None = Field(None, validation_alias="TANDEM_MODEL")
    language_model_url: str | None = Field(None, validation_alias="TANDEM_MODEL_URL")
    language_model_key: SecretStr | None = Field(None, validation_alias="TANDEM_MODEL_KEY")
    bedrock_endpoint: str | None = Field(None, validation_alias="AWS_ENDPOINT_URL_BEDROCK_RUNTIME")

    # the local platform
    memory_budget_bytes: int | None = Field(None, gt=0, validation_alias="TANDEM_MEMORY_BUDGET")

    # the worker
    concurrency: int = Field(cpu_count() or 1, ge=1, validation_alias="TANDEM_CONCURRENCY")
    visibility_s: float = Field(30.0, gt=0, validation_alias="TANDEM_VISIBILITY")
    max_receives: int = Field(3, ge=1, validation_alias="TANDEM_MAX_RECEIVES")
    grace_s: float = Field(25.0, ge=0, validation_alias="TANDEM_GRACE")
    idle_timeout_s: float = Field(600.0, gt=0, validation_alias="TIMEOUT")
    ignore_timeout: bool = Field(False, validation_alias="IGNORE_TIMEOUT")
    #: Whether the worker, when it has been idle for too long, has its own pod deleted.
    retire: bool = Field(False, validation_alias="TANDEM_RETIRE")
    #: How long R may be away before tasks end that wait for it; as long as their callers wait where it is not said.
    r_patience_s: float | None = Field(None, gt=0, validation_alias="TANDEM_R_PATIENCE")
    compression: Literal["gzip", "zstd"] = Field("gzip", validation_alias="TANDEM_COMPRESSION")

    # the gateway: where it listens, who may ask from where, and how much (bytes, seconds, requests in a second)
    gateway_host: str = Field("127.0.0.1", validation_alias="TANDEM_GATEWAY_HOST")
    gateway_port: int = Field(8080, ge=0, le=65535, validation_alias="TANDEM_GATEWAY_PORT")
    #: Whether only this machine reaches that host, as with a container's port that is published on 127.0.0.1.
    gateway_is_private: bool = Field(False, validation_alias="TANDEM_GATEWAY_PRIVATE")
    gateway_hosts: Names = Field((), validation_alias="TANDEM_GATEWAY_HOSTS")
    cors_origins: Names = Field((), validation_alias="TANDEM_CORS_ORIGINS")
    body_bytes: int = Field(10_000_000, gt=0, validation_alias="TANDEM_BODY_BYTES")
    upload_bytes: int = Field(50_000_000_000, gt=0, validation_alias="TANDEM_UPLOAD_BYTES")
    body_pause_s: float = Field(30.0, gt=0, validation_alias="TANDEM_BODY_PAUSE")
    request_rate: float | None = Field(None, gt=0, validation_alias="TANDEM_GATEWAY_RATE")
    #: A token that an admin has from the start; gateways of a cluster find nobody who would make the first one.
    admin_token: SecretStr | None = Field(None, validation_alias="TANDEM_ADMIN_TOKEN")
    listeners: int = Field(200, gt=0, validation_alias="TANDEM_GATEWAY_LISTENERS")
    sockets: int = Field(1000, gt=0, validation_alias="TANDEM_GATEWAY_SOCKETS")

    # jobs: where programs are kept, what one runner takes and has to give, and what may be asked for
    programs_given: Path | None = Field(None, validation_alias="TANDEM_PROGRAMS")
    runner_queues: Names = Field(("default",), validation_alias="TANDEM_RUNNER_QUEUES")
    runner_cpus: float = Field(float(cpu_count() or 1), gt=0, validation_alias="TANDEM_RUNNER_CPUS")
    runner_memory_bytes: int | None = Field(None, gt=0, validation_alias="TANDEM_RUNNER_MEMORY")
    runner_gpus: int = Field(0, ge=0, validation_alias="TANDEM_RUNNER_GPUS")
    runner_mode: Literal["process", "kubernetes"] = Field("process", validation_alias="TANDEM_RUNNER_MODE")
    commands_allowed: bool = Field(False, validation_alias="TANDEM_COMMANDS")
    url_hosts: Names = Field((), validation_alias="TANDEM_URL_HOSTS")
    #: Which buckets inputs may come from; any that our keys open where none is named.
    url_buckets: Names = Field((), validation_alias="TANDEM_URL_BUCKETS")
    kill_by_get: bool = Field(False, validation_alias="TANDEM_KILL_BY_GET")

    # jobs that begin with a file in a bucket: which bucket, and the queue (its name or address) that tells of it
    cloud_bucket: str | None = Field(None, validation_alias="TANDEM_CLOUD_BUCKET")
    cloud_queue: str | None = Field(None, validation_alias="TANDEM_CLOUD_QUEUE")

    # jobs as Jobs of a Kubernetes cluster: where, in which image where a program names none, on which nodes, what lets
    # their pods reach the store and the record, and how long one may wait for a node, in seconds
    job_namespace: str | None = Field(None, validation_alias="TANDEM_JOB_NAMESPACE")
    job_image: str | None = Field(None, validation_alias="TANDEM_JOB_IMAGE")
    job_service_account: str | None = Field(None, validation_alias="TANDEM_JOB_SERVICE_ACCOUNT")
    job_secret: str | None = Field(None, validation_alias="TANDEM_JOB_SECRET")
    job_config_map: str | None = Field(None, validation_alias="TANDEM_JOB_CONFIG_MAP")
    job_gpu_nodes: dict[str, str] = Field({}, validation_alias="TANDEM_JOB_GPU_NODES")
    job_gpu_tolerations: list[dict[str, Any]] = Field([], validation_alias="TANDEM_JOB_GPU_TOLERATIONS")
    job_wait_s: float = Field(600.0, gt=0, validation_alias="TANDEM_JOB_WAIT")

    # workers of a Kubernetes cluster: where the gateway assigns their pods to experiments, as nobody else does
    assign_namespace: str | None = Field(None, validation_alias="TANDEM_ASSIGN_NAMESPACE")

    # where Client and the command line find a gateway; the local platform's where none is named
    client_url: str | None = Field(None, validation_alias="TANDEM_URL")
    client_token: SecretStr | None = Field(None, validation_alias="TANDEM_TOKEN")

    # watching and debugging
    log_format: Literal["text", "json"] = Field("text", validation_alias="LOG_FORMAT")
    #: Where a worker or runner says how it is, and where a gateway beside the worker of EXPERIMENT_ID reads it.
    status_file: Path | None = Field(None, validation_alias="TANDEM_STATUS_FILE")
    debug_step: str | None = Field(None, validation_alias="DEBUG_STEP")
    xray: bool = Field(False, validation_alias="TANDEM_XRAY")

    @property
    def cluster_env(self) -> str:
        """`development` on a desk, else what the cluster says."""
        if self.cluster_env_given:
            return self.cluster_env_given
        if self.k8s_env is None:
            return "development"
        return "production" if self.k8s_env == "production" else "staging"

    @property
    def in_development(self) -> bool:
        """Whether the names and keys of a simulator are meant."""
        return self.cluster_env in ("development", "test")

    @property
    def _own_home(self) -> Path | None:
        return self.home_given or find_checkout()

    @property
    def home(self) -> Path:
        """The folder of the checkout, or the working directory where there is none."""
        return self._own_home or Path.cwd()

    @property
    def data(self) -> Path:
        """The folder of experiments: given, at home, or where a pod has it."""
        return self.data_given or (self._own_home / "data" if self._own_home else POD_DATA)

    @property
    def state(self) -> Path:
        """The folder of what is kept between starts."""
        return (self._own_home or self.data) / ".tandem"

    @property
    def programs(self) -> Path:
        """The folder of programs, one in each folder."""
        return self.programs_given or self.data / "programs"

    @property
    def database_url(self) -> str:
        """Where the record of runs is kept."""
        return self.database_url_given or f"sqlite:///{self.state / 'record.sqlite'}"

    @property
    def queue_hash(self) -> str:
        """What stands for this experiment and sandbox in the name of their queue."""
        owners = f"{self.experiment_id}-{self.sandbox_id}"
        return self.work_queue_hash or sha1(owners.encode(), usedforsecurity=False).hexdigest()

    @property
    def queue_name(self) -> str:
        """The queue of this experiment and sandbox."""
        if self.in_development:
            return "development-queue.fifo"
        return f"queue-job-{self.queue_hash}-{self.cluster_env}.fifo"

    @property
    def cell_sets_api(self) -> str:
        """The experiment API, which takes changes of cell sets."""
        if self.api_url:
            return self.api_url.rstrip("/")
        if self.in_development:
            return "http://host.docker.internal:3000"
        return f"http://api-{self.sandbox_id}.api-{self.sandbox_id}.svc.cluster.local:3000"

    @property
    def store_is_embedded(self) -> bool:
        """Whether results lie in a folder of this machine."""
        return self.store_url is not None and self.store_url.startswith("file:")

    def bucket(self, kind: Kind, account: str) -> str:
        """The name of one of the buckets."""
        return f"{kind}-{self.cluster_env}-{account}"


def read_settings() -> Settings:
    """The settings of this terminal. InvalidSetting for the first that cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise InvalidSetting(name=name, value=fault["input"], reason=fault["msg"]) from None
    except SettingsError as error:
        fields = Settings.model_fields.items()
        name = next(str(about.validation_alias) for field, about in fields if f'"{field}"' in str(error))
        raise InvalidSetting(name=name, value=environ.get(name, ""), reason="it must be JSON") from None
