"""``python -m syndication``: the same as ``sirius``."""

from syndication.cli import main

if __name__ == "__main__":
    main()
