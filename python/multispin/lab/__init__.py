"""The lab: models that run live in a browser, served by the machine that computes them.

`serve` starts it; `multispin lab` calls it. One static page (ES modules and canvas, nothing from
outside) has a tab for each scene of `scenes`. One thread, the `worker`, owns all scenes; `server`
is the way in, and lets in those only who hold the token; `start` sets it all up.
"""

from multispin.lab.start import serve

__all__ = ["serve"]
