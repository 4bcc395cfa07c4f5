"""What the last words of a program that failed tell."""

from collections.abc import Sequence

from tandem import errors

#: What programs say when the kernel gives them no more memory.
MEMORY_WORDS = (
    *("MemoryError", "bad_alloc", "annot allocate memory", "cannot allocate vector", "out of memory"),
    *("OutOfMemory", "Unable to allocate"),
)
#: What goes before a program, and begins its complaints so; and what it ends with if it cannot start the program.
LAUNCHERS, LAUNCHER_CODES = ("bwrap: ", "unshare: ", "setpriv: ", "env: "), (1, 126, 127)


def wanted_memory(last_words: Sequence[str]) -> bool:
    """Whether it was given no more memory."""
    return any(word in line for line in last_words for word in MEMORY_WORDS)


def see_whether_it_started(code: int | None, last_words: Sequence[str]) -> None:
    """Raise if those before the program could not start it: then their complaint is all that was said."""
    if code in LAUNCHER_CODES and len(last_words) == 1 and last_words[0].startswith(LAUNCHERS):
        raise errors.NotStarted(reason=last_words[0])
