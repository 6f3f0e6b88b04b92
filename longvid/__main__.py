"""`python -m longvid` is the program `longvid`."""

from longvid.cli import main

if __name__ == "__main__":
    main()
