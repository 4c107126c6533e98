"""`python -m simulator`: the simulator until it is interrupted. Prints its address."""

from __future__ import annotations

import argparse
import os
import sys
import threading

from simulator.arca import ArcaSimulator
from simulator.feria import Feria
from simulator.meli import MeliSimulator
from simulator.server import make


def main() -> None:
	parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
	parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; a free one by default")
	parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
	options = parser.parse_args()

	arca, meli = ArcaSimulator(), MeliSimulator()
	server = make({"arca": arca, "meli": meli, "feria": Feria(meli, arca)}, options.port)
	print(f"http://127.0.0.1:{server.port}", flush=True)
	if options.until_eof:
		threading.Thread(target=_end_with_input, daemon=True).start()
	try:
		server.serve_forever()
	except KeyboardInterrupt:
		pass


def _end_with_input() -> None:
	sys.stdin.read()
	# Not sys.exit: requests under way, slowed down on purpose, must not keep the process alive.
	os._exit(0)


if __name__ == "__main__":
	main()
