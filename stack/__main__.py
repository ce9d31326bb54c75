"""python -m stack up | down | clean | check ID … | lake ID … | agreement | agreements FILE | template | readers"""

import argparse
import sys

from .onboarding import VERBS
from .up import main

parser = argparse.ArgumentParser(prog="stack", description=__doc__)
parser.add_argument("verb", choices=("up", "down", "clean", *VERBS))
parser.add_argument("words", nargs=argparse.REMAINDER)
asked = parser.parse_args()
if asked.words and asked.verb not in VERBS:
    parser.error(f"{asked.verb} takes no arguments")
sys.exit(main(asked.verb, asked.words))
