"""Waiting for a condition, never for a time."""
import time


class WaitTimeout(AssertionError):
    """A condition did not come true in its time; the text tells the last thing that was seen."""


def until(condition, timeout, what, interval=0.05):
    """Calls condition() until its answer is true and returns that answer.

    An exception counts as "not yet" and is told when the time is over. The last look begins after that: it sees what came
    while the machine stood still.
    """
    deadline = time.monotonic() + timeout
    seen = None
    while True:
        last = time.monotonic() > deadline
        try:
            answer = condition()
            if answer:
                return answer
            seen = f"last answer: {answer!r}"
        except (OSError, AssertionError, KeyError, ValueError, IndexError) as error:
            seen = f"last error: {type(error).__name__}: {str(error)[:600]}"
        if last:
            raise WaitTimeout(f"not within {timeout} s: {what}; {seen}")
        time.sleep(interval)
