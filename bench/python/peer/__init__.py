"""The peers that ``bench/python/peers.py`` runs side by side, one module each.

``MODULES`` names them; every module exports one class, ``PEER``, with the interface of
`peer.interface.Peer`. To add a peer: write its module, name it here, pin it in
``requirements.txt``.
"""

MODULES: dict[str, str] = {
    "multispin": "multispin_lattice",
    "numba-simd": "numba_simd",
    "numba": "numba_checkerboard",
    "numpy": "numpy_checkerboard",
    "thrml": "thrml_gibbs",
    "openjij": "openjij_annealing",
    "peapods": "peapods_ising",
    "dwave-samplers": "dwave_annealing",
}
