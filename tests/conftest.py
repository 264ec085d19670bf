"""What all tests need of their process."""

from __future__ import annotations

import signal

# A shell starts its background jobs with SIGINT ignored, and children inherit that: Ctrl-C would
# not reach the tests that press it.
signal.signal(signal.SIGINT, signal.default_int_handler)
