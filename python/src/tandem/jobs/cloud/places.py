"""What lies where in the bucket: a folder for each user, and in it inputs, configs, submissions, results and logs."""

import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from tandem.records.job import COMPLETE

#: A submission, and what kills it: anywhere below the user's folder of submissions.
KEY = re.compile(r"((?P<user>[^/]+)/submissions/(?:.+/)?)(?P<file>submit|kill)\.json")
SUBMIT, KILL, ERROR = "submit.json", "kill.json", "submit.error.json"
STATUS = "logs/status.json"


@dataclass(frozen=True)
class Place:
    """Where one submission lies."""

    bucket: str
    user: str
    #: The beginning of the keys of all that lies beside it.
    folder: str

    @property
    def submit(self) -> str:
        """The key of what is asked for."""
        return self.folder + SUBMIT

    @property
    def kill(self) -> str:
        """The key of what ends its job."""
        return self.folder + KILL

    @property
    def error(self) -> str:
        """The key of the answer to what cannot be carried out."""
        return self.folder + ERROR

    def run_id(self, etag: str) -> str:
        """What the job of this submission is called: the same whenever it is met, another for another content."""
        return str(uuid5(NAMESPACE_URL, f"s3://{self.bucket}/{self.submit}#{etag}"))

    def answer(self, program: str, timestamp: str) -> "Answer":
        """Where its results and logs go."""
        return Answer(self.user, f"job__{program}_{timestamp}")


@dataclass(frozen=True)
class Answer:
    """Where the results and logs of one job go."""

    user: str
    name: str

    @property
    def folder(self) -> str:
        """The beginning of their keys."""
        return f"{self.user}/results/{self.name}/"

    @property
    def status(self) -> str:
        """How the job stands."""
        return self.folder + STATUS

    @property
    def complete(self) -> str:
        """Written last: whoever sees it sees everything."""
        return self.result(COMPLETE)

    @property
    def summary(self) -> str:
        """How the job stood at its end, beside those of all others of the user."""
        return f"{self.user}/logs/{self.name}.json"

    def log(self, name: str) -> str:
        """A log file."""
        return f"{self.folder}logs/{name}"

    def result(self, path: str) -> str:
        """One of the results."""
        return f"{self.folder}process_results/{path}"
