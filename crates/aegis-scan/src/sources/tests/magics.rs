use crate::sources::ipython::neutralised;

#[track_caller]
fn becomes(cell: &str, expected: &str) {
    let out = neutralised(cell);
    assert_eq!(out.len(), cell.len());
    let trimmed: Vec<&str> = out.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n"), expected);
}

#[test]
fn lines_for_ipython_become_statements_that_do_nothing() {
    becomes("%matplotlib inline\nx = 1", "pass\nx = 1");
    becomes(
        "!pip install openai\n!w\n?x\nx.y??\n!!ls",
        "pass\n0\n0\npass\npass",
    );
    becomes("if x:\n    !ls\n    y()", "if x:\n    0\n    y()");
    becomes(
        "pip install openai\nuv add x\npip = 3\n/f x\n,f a b\n;f a",
        "pass\npass\npip = 3\npass\npass\npass",
    );
    becomes("!echo a \\\n   b\r\nx = 1", "pass\n\nx = 1");
    becomes("cd ../x\ncd = 1", "pass\ncd = 1");
    becomes("?é", "0");
}

#[test]
fn values_from_ipython_become_values() {
    becomes(
        "x = !ls -l\ny = %env HOME\nz = !w",
        "x = None\ny = None\nz = 0",
    );
    becomes("a, b = !ls \\\n -l\nc", "a, b = None\n\nc");
    becomes(
        "x = a % b\nx %= 2\nx = (a\n % b)\ny != !z",
        "x = a % b\nx %= 2\nx = (a\n % b)\ny != !z",
    );
}

#[test]
fn code_on_the_line_of_a_magic_stays_where_it_is() {
    becomes("%time f(\n)", "pass; f(\n)");
    becomes("%timeit -n 10 -r5 -o g()", "pass;                g()");
    becomes("  %prun -s cumulative h()", "  pass;               h()");
    becomes("x = %time f()", "x =       f()");
    becomes("%time", "pass");
    becomes("x = %time", "x = None");
}

#[test]
fn cell_magics_keep_python_and_blank_the_rest() {
    becomes("%%time\nf()", "pass\nf()");
    becomes(
        "# note\n\n%%capture out\n%%timeit -n 3 y = 1\nf()",
        "# note\n\npass\npass;         y = 1\nf()",
    );
    becomes("%%bash\nimport openai\n!x", "\n\n");
    becomes("%%writefile a.py\nimport openai", "\n");
    becomes("%%html\n<b>é</b>", "\n");
    becomes("%sql\nSELECT 1", "\n");
    becomes("%python\nf()", "pass\nf()");
    becomes("%sql SELECT 1\nf()", "pass\nf()");
}

#[test]
fn strings_brackets_and_continued_lines_are_left_alone() {
    for cell in [
        "x = '''\n!ls\n%%bash\n'''\n",
        "x = (1\n  % 2)\n",
        "x = 1 \\\n  % 2\n",
        "f(a=b) # why?\ns = 'what?'\n",
        "s = 'a\\\n%b'\n",
        "x = \"(\"\ny = '#('\n# (\nz = {1: [2]}\n",
        "await f()\nasync with a as b: pass\n",
    ] {
        assert_eq!(neutralised(cell), cell);
    }
    becomes(
        "s = 'it\n!ls\nx = \"\"\"(\"\"\"\n!ls",
        "s = 'it\n0\nx = \"\"\"(\"\"\"\n0",
    );
}
