"""Puts what a script measured into its section of docs/benchmarks.md: bench-section.py NAME FILE PAGE

The section stands between the lines `<!-- NAME: written by ... -->` and `<!-- NAME: end. -->`; what is outside of them
is left as it is.
"""

import re
import sys
from pathlib import Path


def main(name, file, page):
    text = Path(page).read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {re.escape(name)}: written by [^\n]* -->\n).*?(<!-- {re.escape(name)}: end\. -->)", re.S)
    new = Path(file).read_text(encoding="utf-8").strip()
    text, count = marks.subn(lambda found: f"{found[1]}\n{new}\n\n{found[2]}", text)
    if count != 1:
        sys.exit(f"{page} needs the lines `<!-- {name}: written by ... -->` and `<!-- {name}: end. -->`, once and in this order")
    Path(page).write_text(text, encoding="utf-8")
    print(f"wrote the section `{name}` of {page}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
