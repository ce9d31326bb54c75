"""python -m stack up | down | clean"""

import argparse
import sys

from .up import main

parser = argparse.ArgumentParser(prog="stack", description=__doc__)
parser.add_argument("verb", choices=("up", "down", "clean"))
sys.exit(main(parser.parse_args().verb))
