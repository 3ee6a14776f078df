use super::*;

fn text(bytes: &[u8]) -> String {
    read_as("a.py", bytes).unwrap().text
}

fn why(bytes: &[u8]) -> String {
    match read_as("a.py", bytes) {
        Err(SkipReason::Encoding(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_text_comes_back_as_it_is_with_its_size() {
    let t = read_as("a.py", "x = 'é'\r\n".as_bytes()).unwrap();
    assert_eq!(
        (t.text.as_str(), t.cells, t.bytes),
        ("x = 'é'\r\n", None, 10)
    );
    assert_eq!(text(b""), "");
}

#[test]
fn byte_order_marks_are_taken_off() {
    assert_eq!(
        text("\u{feff}# coding: latin-1\né".as_bytes()),
        "# coding: latin-1\né"
    );
    let utf16 = |f: fn(u16) -> [u8; 2]| {
        "\u{feff}é = 1\n"
            .encode_utf16()
            .flat_map(f)
            .collect::<Vec<_>>()
    };
    assert_eq!(text(&utf16(u16::to_le_bytes)), "é = 1\n");
    assert_eq!(text(&utf16(u16::to_be_bytes)), "é = 1\n");
    assert_eq!(why(b"\xff\xfea\0\n\0\0\xd8"), "invalid utf-16le at line 2");
    assert_eq!(why(b"\xff\xfe\0\0"), "has a NUL byte on line 1");
}

#[test]
fn declared_encodings_are_honoured_on_the_first_two_lines() {
    assert_eq!(
        text(b"# -*- coding: latin-1 -*-\n\xe9\x80"),
        "# -*- coding: latin-1 -*-\né\u{80}"
    );
    assert_eq!(
        text(b"#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\n\x80"),
        "#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\n€"
    );
    assert_eq!(text(b"\n  # coding=koi8-r\n\xc1"), "\n  # coding=koi8-r\nа");
    let late = b"x = 1\n# coding: latin-1\n\xe9";
    assert_eq!(why(late), "invalid utf-8 at line 3; no encoding declared");
    assert_eq!(
        why(b"\n\n# coding: latin-1\n\xe9"),
        "invalid utf-8 at line 4; no encoding declared"
    );
}

#[test]
fn encodings_go_by_the_names_python_has_for_them() {
    let cases: [(&str, &[u8], &str); 22] = [
        ("latin_1", b"\xe9", "é"),
        ("L1", b"\xe9", "é"),
        ("iso-8859-1-unix", b"\xe9", "é"),
        ("iso-8859-15", b"\xa4", "€"),
        ("ISO8859_15", b"\xa4", "€"),
        ("latin9", b"\xa4", "€"),
        ("l2", b"\xb1", "ą"),
        ("utf8", "é".as_bytes(), "é"),
        ("utf_8_sig", "é".as_bytes(), "é"),
        ("UTF-8-unix", "é".as_bytes(), "é"),
        ("cp1251", b"\xe0", "а"),
        ("windows-1252", b"\x80", "€"),
        ("mac-roman", b"\x8e", "é"),
        ("gbk", b"\xc4\xe3", "你"),
        ("gb2312", b"\xc4\xe3", "你"),
        ("euc_jp", b"\xc6\xfc", "日"),
        ("shift_jis", b"\x93\xfa", "日"),
        ("cp932", b"\x93\xfa", "日"),
        ("euc-kr", b"\xb0\xa1", "가"),
        ("big5", b"\xa7\x41", "你"),
        ("ascii", b"x", "x"),
        ("cp866", b"\xa0", "а"),
    ];
    for (name, bytes, expected) in cases {
        let line = format!("# coding: {name}\n");
        let t = text(&[line.as_bytes(), bytes].concat());
        assert_eq!(t, format!("{line}{expected}"), "{name}");
    }
}

#[test]
fn what_cannot_be_decoded_says_why_and_where() {
    assert_eq!(
        why(b"a\n\xff"),
        "invalid utf-8 at line 2; no encoding declared"
    );
    assert_eq!(why(b"# coding: utf-8\r\r\n\xff"), "invalid utf-8 at line 3");
    assert_eq!(why(b"# coding: ascii\n\xe9"), "invalid ascii at line 2");
    assert_eq!(why(b"# coding: euc-jp\n\n\xff"), "invalid euc-jp at line 3");
    assert_eq!(why(b"# coding: xyz\n"), "unknown encoding `xyz`");
    assert_eq!(why(b"# coding: utf-16\n"), "unknown encoding `utf-16`");
    assert_eq!(why(b"a\nb\0"), "has a NUL byte on line 2");
}

#[test]
fn files_over_the_cap_are_not_read() {
    let dir = tree(&[("a.py", "12345"), ("n.ipynb", "{\"cells\": []}")]);
    let o = Options {
        max_bytes: 4,
        max_notebook_bytes: 4,
        ..Options::default()
    };
    for name in ["a.py", "n.ipynb"] {
        assert_eq!(
            read(&found(&dir.path().join(name)), &o),
            Err(SkipReason::TooLarge(4))
        );
    }
    let o = Options { max_bytes: 5, ..o };
    assert_eq!(read(&found(&dir.path().join("a.py")), &o).unwrap().bytes, 5);
}

#[cfg(target_os = "linux")]
#[test]
fn the_cap_holds_for_files_that_hide_their_size() {
    let o = Options {
        max_bytes: 10,
        ..Options::default()
    };
    assert_eq!(
        read(&found(Path::new("/proc/self/status")), &o),
        Err(SkipReason::TooLarge(10))
    );
    let status = read(&found(Path::new("/proc/self/status")), &Options::default()).unwrap();
    assert!(status.text.contains("VmRSS"));
}

#[test]
fn what_is_gone_or_no_file_is_an_error() {
    let dir = tree(&[]);
    for path in [dir.path().to_path_buf(), dir.path().join("gone.py")] {
        assert!(matches!(
            read(&found(&path), &Options::default()),
            Err(SkipReason::Io(_))
        ));
    }
}
