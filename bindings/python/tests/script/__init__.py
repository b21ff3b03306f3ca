"""Runs the scripts of tests/systems, whose format is on the page beside them."""

from .parse import Failure, parse
from .run import run

__all__ = ["Failure", "parse", "run"]
