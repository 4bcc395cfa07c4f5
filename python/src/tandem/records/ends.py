"""The order in which jobs end. Each gets its number in the very transaction that ends it, one after the other: whoever
has read up to a number, and reads on from it, misses none."""

from sqlalchemy import Connection, bindparam, insert, select, update

from tandem.records.job_schema import counters

ENDS = "ends"
COUNTING = (
    update(counters)
    .where(counters.c.name == ENDS)
    .values(value=counters.c.value + bindparam("more", type_=counters.c.value.type))
    .returning(counters.c.value)
)


def make_counter(connection: Connection) -> None:
    """Begin to count, unless that is done already."""
    if connection.scalar(select(counters.c.value).where(counters.c.name == ENDS)) is None:
        connection.execute(insert(counters).values(name=ENDS, value=0))


def next_end(connection: Connection, count: int = 1) -> int:
    """The first of so many numbers in a row. Until this transaction is over, all others who want one wait."""
    last: int = connection.execute(COUNTING, {"more": count}).scalar_one()
    return last - count + 1


def last_end(connection: Connection) -> int:
    """The number of the end that was the last so far."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == ENDS)) or 0
