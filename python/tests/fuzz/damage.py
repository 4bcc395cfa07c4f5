"""Sound inputs with a few bytes changed, cut out, repeated or put in."""

from collections.abc import Sequence

from hypothesis import strategies as st

#: How many bytes a change is about.
MOST_BYTES = 40


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, or anything, changed in up to four places."""
    data = draw(st.sampled_from(seeds) | st.binary(max_size=200))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, MOST_BYTES))
        put = draw(st.binary(max_size=MOST_BYTES) | st.just(data[start:end] * 2))
        data = data[:start] + put + data[end:]
    return data
