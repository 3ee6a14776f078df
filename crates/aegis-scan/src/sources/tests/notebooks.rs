use aegis_diag::SourceFile;

use super::*;

fn notebook(json: &str) -> Text {
    read_as("n.ipynb", json.as_bytes()).unwrap()
}

fn why(json: &str) -> String {
    match read_as("n.ipynb", json.as_bytes()) {
        Err(SkipReason::Notebook(why)) => why,
        other => panic!("{other:?}"),
    }
}

const TWO: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# import nothing"]},
  {
   "cell_type": "code",
   "outputs": [{"data": {"source": ["not\n", "this"]}, "x": [[[[1e999]]]]}],
   "source": [
    "a = \"é\"\n",
    "b = 2"
   ]
  },
  {"cell_type": "raw", "source": "raw"},
  {"cell_type": "code", "source": "c = 3\nd = 4\n"}
 ],
 "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4
}"##;

#[test]
fn code_cells_are_joined_and_know_where_they_come_from() {
    let t = notebook(TWO);
    assert_eq!(t.text, "a = \"é\"\nb = 2\nc = 3\nd = 4\n");
    assert_eq!(t.bytes, TWO.len() as u64);
    let cells = t.cells.unwrap().cells;
    let plain: Vec<_> = cells
        .iter()
        .map(|c| (c.index, c.first_line, &c.raw_lines[..]))
        .collect();
    assert_eq!(plain, [(1, 1, &[8, 9][..]), (3, 3, &[13, 13][..])]);
}

#[test]
fn places_lead_back_to_the_raw_file() {
    let t = notebook(TWO);
    let at = t.text.find("d = 4").unwrap();
    let place = SourceFile::new("n.ipynb", t.text, t.cells).place(at);
    assert_eq!((place.cell, place.raw_line), (Some((3, 2)), 13));
}

#[test]
fn strings_that_are_not_lines_are_joined_as_they_are() {
    let t = notebook(
        "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\n\"a = \",\n\"1\\nb\\r\",\n\"\\nc\\n\",\n\"\"]},\n{\"cell_type\":\"code\",\"source\":\"\"},{\"cell_type\":\"code\",\"source\":null},\n{\"cell_type\":\"code\",\"source\":[\"z\"]}]}",
    );
    assert_eq!(t.text, "a = 1\nb\r\nc\n\nz\n");
    let cells = t.cells.unwrap().cells;
    let plain: Vec<_> = cells
        .iter()
        .map(|c| (c.index, c.first_line, &c.raw_lines[..]))
        .collect();
    assert_eq!(
        plain,
        [(0, 1, &[2, 3, 4][..]), (1, 4, &[6][..]), (3, 5, &[7][..])]
    );
}

#[test]
fn the_older_format_has_worksheets() {
    let t = notebook(
        r#"{"nbformat": 3, "worksheets": [
        {"cells": [{"cell_type": "heading", "source": "x"},
                   {"cell_type": "code", "input": ["a = 1"], "language": "python"}]},
        {"cells": [{"cell_type": "code", "input": "b = 2", "language": "python"},
                   {"cell_type": "code", "input": "puts 1", "language": "ruby"}]}]}"#,
    );
    assert_eq!(t.text, "a = 1\nb = 2\n");
    let cells = t.cells.unwrap().cells;
    let plain: Vec<_> = cells.iter().map(|c| (c.index, c.raw_lines[0])).collect();
    assert_eq!(plain, [(1, 3), (2, 4)]);
}

#[test]
fn a_notebook_in_another_language_has_no_cells() {
    let with = |metadata: &str| {
        let cell = r#"{"cell_type": "code", "source": "x"}"#;
        let t = notebook(&format!(r#"{{"cells": [{cell}], "metadata": {metadata}}}"#));
        assert_eq!(t.text.is_empty(), t.cells.unwrap().cells.is_empty());
        !t.text.is_empty()
    };
    assert!(with(r#"{}"#));
    assert!(with(r#"{"language_info": {"name": "Python"}}"#));
    assert!(with(r#"{"kernelspec": {"language": ""}}"#));
    assert!(with(r#"{"kernelspec": 7}"#));
    assert!(with(
        r#"{"kernelspec": {"language": "R"}, "language_info": {"name": "ipython"}}"#
    ));
    assert!(!with(r#"{"kernelspec": {"language": "R"}}"#));
    assert!(!with(r#"{"language_info": {"name": "julia"}}"#));
}

#[test]
fn a_byte_order_mark_before_the_json_is_taken_off() {
    assert_eq!(notebook(&format!("\u{feff}{TWO}")).text, notebook(TWO).text);
}

#[test]
fn what_is_no_notebook_says_why_and_where() {
    assert!(why("{\n\"cells\": [\n}").contains("at line 3"));
    assert!(why("").contains("at line 1"));
    assert_eq!(why("{}"), "has no `cells`, at line 1");
    assert_eq!(why("[]"), "is a list at line 1");
    let odd = why("{\"cells\": [\n{\"cell_type\": \"code\", \"source\": [1]}]}");
    assert!(odd.starts_with("cell 0 at line 2: "), "{odd}");
    assert!(matches!(
        read_as("n.ipynb", b"{\xff"),
        Err(SkipReason::Encoding(_))
    ));
}

#[test]
fn deep_nesting_in_what_is_passed_over_does_no_harm() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let t = notebook(&format!(
        r#"{{"metadata": {{"x": {deep}}}, "cells": [{{"cell_type": "code", "source": "a", "outputs": {deep}}}]}}"#
    ));
    assert_eq!(t.text, "a\n");
}

#[test]
fn a_notebook_with_more_code_than_a_file_may_have_is_skipped() {
    let dir = tree(&[("n.ipynb", TWO)]);
    let o = Options {
        max_bytes: 20,
        ..Options::default()
    };
    assert_eq!(
        read(&found(&dir.path().join("n.ipynb")), &o),
        Err(SkipReason::TooLarge(20))
    );
}
