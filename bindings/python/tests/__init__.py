"""The tests, against an installed wheel."""
