"""What all tests need of their process."""

from __future__ import annotations

import signal
import threading

# A shell starts its background jobs with SIGINT ignored, and children inherit that: Ctrl-C would
# not reach the tests that press it.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
