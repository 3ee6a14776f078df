//! The text itself: YAML that policies do not have, and what is no YAML.

use crate::refused;

#[test]
fn a_key_stands_once() {
    refused(
        "rules:\n  - name: a\n    match: { type: x, \"type\": y }\n    approval: block\n    approval: auto\n",
        &[
            "3:23 duplicate-key `\"type\"` + `type` (first written here): `type` is written twice",
            "5:5 duplicate-key `approval` + `approval` (first written here): `approval` is written twice",
        ],
    );
    refused(
        "version: \"1\"\nrules: []\nversion: \"1\"\n",
        &[
            "3:1 duplicate-key `version` + `version` (first written here): `version` is written twice",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x }, conditions: { param_gt: { n: 1, 'n': 2 } }, approval: block }\n",
        &["2:68 duplicate-key `'n'` + `n` (first written here): `n` is written twice"],
    );
}

#[test]
fn aliases_that_lead_nowhere_or_everywhere() {
    refused(
        "rules:\n  - { name: a, match: *shared, approval: block }\n",
        &[
            "2:23 unknown-alias `*shared`: `*shared` is an alias, and no anchor `&shared` stands before it; a pattern that starts with `*` is quoted: \"*shared\"",
        ],
    );
    refused(
        "rules: &r\n  - { name: a, match: *r, approval: block }\n",
        &["2:23 alias-loop `*r`: an alias stands inside the part it stands for"],
    );
    refused(
        "x: &a [1,1,1,1,1,1,1,1,1,1]\ny: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nu: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nv: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nw: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
        &["5:29 alias-bomb `*d`: aliases stand for more than 100000 nodes or 4194304 bytes"],
    );
    refused(
        "rules:\n  - { name: a, match: { <<: 5 }, approval: block }\n",
        &[
            "2:29 merge-not-mapping `5` + `<<` (merged by this key): `<<` merges mappings, and this is none; write the alias of a mapping, or a list of such aliases",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { <<: [x] }, approval: block }\n",
        &[
            "2:30 merge-not-mapping `x` + `<<` (merged by this key): `<<` merges mappings, and this is none; write the alias of a mapping, or a list of such aliases",
        ],
    );
}

#[test]
fn mistakes_behind_an_alias_are_shown_where_they_are() {
    refused(
        "rules:\n  - { name: a, match: &m { typ: x }, approval: block }\n  - { name: b, match: *m, approval: block }\n",
        &["2:28 unknown-key `typ`: `typ` is not a key of a match; did you mean `type`?"],
    );
    refused(
        "rules:\n  - { name: a, match: { type: &t \"x[\" }, approval: block }\n  - { name: b, match: { type: *t }, approval: block }\n",
        &[
            "2:36 bad-pattern `[`: `x[` is not a pattern: `[` is not closed; close it with `]`, or write `\\[` for the character itself",
            "3:31 bad-pattern `*t` + `\"x[\"` (the alias stands for this): `x[` is not a pattern: `[` is not closed; close it with `]`, or write `\\[` for the character itself",
        ],
    );
    refused(
        "rules:\n  - &r { name: a, match: { type: x }, approval: block }\n  - *r\n",
        &["3:5 duplicate-rule `*r` + `a` (first called so here): two rules are called `a`"],
    );
}

#[test]
fn yaml_that_policies_do_not_have() {
    refused(
        "%YAML 1.1\n---\nrules: []\n",
        &[
            "1:1 syntax `%`: a line that starts with `%` is a YAML directive, which a policy cannot have; leave the line out",
        ],
    );
    refused(
        "rules: !!seq []\n",
        &["1:8 tag `!!seq`: `!!seq` is a YAML tag; leave it out, and quote what must stay a text"],
    );
    refused(
        "rules:\n  - !rule { name: a }\n  - { name: !!str 5, match: { type: !<tag:x> y }, approval: block }\n",
        &[
            "2:5 tag `!rule`: `!rule` is a YAML tag; a text that starts with `!` is quoted: \"!rule\"",
            "3:13 tag `!!str`: `!!str` is a YAML tag; leave it out, and quote what must stay a text",
            "3:37 tag `!<tag:x>`: `!<tag:x>` is a YAML tag; leave it out, and quote what must stay a text",
        ],
    );
    refused(
        "rules: []\n...\nversion: \"1\"\n",
        &[
            "3:1 several-documents ``: a second document starts here; put it into a file of its own: several files are merged into one policy",
        ],
    );
}

#[test]
fn texts_that_are_no_yaml() {
    refused(
        "rules:\n  - name: a\n   match: { type: x }\n",
        &["3:4 syntax `m`: a `- ` is expected here; items of one list start in the same column"],
    );
    refused(
        "rules: [\n",
        &["1:8 syntax `[`: `[` is opened here and never closed"],
    );
    refused(
        "rules:\n  - name: \"a\n",
        &["2:11 syntax `\"`: a quote is opened here and never closed"],
    );
    refused(
        "rules: ]\n",
        &[
            "1:8 syntax `]`: a bracket is closed that was not opened; put the text into double quotes",
        ],
    );
    refused(
        "rules:\n  - name: a: b\n",
        &[
            "2:12 syntax `:`: a `:` is not expected here; quote a text that contains a colon; keys of one mapping start in the same column",
        ],
    );
    refused(
        "rules:\n  - name: \"a\" b\n",
        &[
            "2:15 syntax `b`: nothing can follow the closing quote here; put the whole text into quotes; a quote inside double quotes is written `\\\"`",
        ],
    );
    refused(
        "rules:\n  - { name: a, match: { type: x } approval: block }\n",
        &[
            "2:35 syntax `a`: a `,` or `}` is expected here; a text with braces, brackets or commas is quoted inside `{}`",
        ],
    );
    refused(
        "rules:\n\t- name: a\n",
        &["2:2 syntax `-`: a tab cannot indent a line; indent with spaces"],
    );
    refused(
        "rules:\n  - name: \"a\\d\"\n",
        &[
            "2:11 syntax `\"`: this is no escape that double quotes know; write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ],
    );
    refused(
        "rules:\n- name: a\nversion \"1\"\n",
        &[
            "3:1 syntax `v`: a key with a `:` is expected here; keys of one mapping start in the same column, and a space follows the `:`",
        ],
    );
    refused(
        "just a text\n",
        &[
            "1:1 wrong-type `just a text`: a policy is a mapping, and this is a text; start with `version:`",
        ],
    );
}

#[test]
fn characters_that_do_not_show_are_refused() {
    refused(
        "rules:\n  - { name: \"a\u{7}b\u{202e}c\u{2028}d\u{feff}e\0\" }\n",
        &[
            "2:15 forbidden-character `\u{7}`: the text has a control character; if it is meant, write \"\\u0007\" in double quotes",
            "2:17 forbidden-character `\u{202e}`: the text has a direction mark, which can make a line look like another one; if it is meant, write \"\\u202E\" in double quotes",
            "2:19 forbidden-character `\u{2028}`: the text has a line separator that YAML readers disagree about; if it is meant, write \"\\u2028\" in double quotes",
            "2:21 forbidden-character `\u{feff}`: the text has a byte order mark in the middle of the text; if it is meant, write \"\\uFEFF\" in double quotes",
            "2:23 forbidden-character `\0`: the text has a NUL character; if it is meant, write \"\\u0000\" in double quotes",
        ],
    );
}
