"""What is sent is read in small blocks: for each client one is held in memory."""

from functools import partial

from tandem.blocks import blocks_of

#: How much is read at a time, in bytes.
BLOCK_BYTES = 1 << 18
#: All that is left to read of something, or so many bytes.
blocks = partial(blocks_of, size=BLOCK_BYTES)
