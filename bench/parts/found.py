"""What a part found."""

from dataclasses import dataclass, field

from bench.rows import Row

#: How often everything is measured that does not take minutes.
ROUNDS = 5


@dataclass
class Found:
    """Rows of the report, the versions of what took part, and sentences about how it was done."""

    rows: list[Row] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    #: What must not be: a remark that fails the command.
    faults: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Found") -> "Found":
        self.rows += other.rows
        self.versions |= other.versions
        self.remarks += other.remarks
        self.faults += other.faults
        return self
