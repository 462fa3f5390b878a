"""``python -m mgfusion``: the command, where its script is not on the path."""

from mgfusion.cli import main

main()
