"""Processes that end with the test run, however that ends."""
import ctypes
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
# The signal comes when the thread ends that started the child, not the process: this thread lives as long as the process.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def _die_with_parent():
    """Runs in the child."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command, **how):
    """As subprocess.Popen. A test run that is killed leaves nothing behind that was started so."""
    return _STARTER.submit(subprocess.Popen, command, preexec_fn=_die_with_parent, **how).result()
