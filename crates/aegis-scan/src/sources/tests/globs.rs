use super::*;

#[test]
fn ignore_files_count_in_their_folder_and_below() {
    let dir = tree(&[
        (".gitignore", "/top.py\n*_gen.py\nout/\n# comment\n"),
        ("top.py", ""),
        ("a/top.py", ""),
        ("a/x_gen.py", ""),
        ("a/out/y.py", ""),
        ("a/.gitignore", "!keep_gen.py\nlocal.py\n"),
        ("a/keep_gen.py", ""),
        ("a/local.py", ""),
        ("b/local.py", ""),
        ("b/.ignore", "!x_gen.py\n"),
        ("b/x_gen.py", ""),
    ]);
    let w = walked(&dir);
    assert_eq!(
        modules(&w),
        ["a/keep_gen.py", "a/top.py", "b/local.py", "b/x_gen.py"]
    );
    assert_eq!(
        excluded(&dir, &w),
        ["a/local.py", "a/out/", "a/x_gen.py", "top.py"]
    );
    let o = Options {
        respect_gitignore: false,
        ..Options::default()
    };
    assert_eq!(walk(&[dir.path().into()], &o).files.len(), 8);
}

#[test]
fn ignore_files_above_count_up_to_the_top_of_the_repository() {
    let dir = tree(&[
        (".gitignore", "*.py\n"),
        ("repo/.git/info/exclude", "private.py\n"),
        ("repo/.gitignore", "/sub/deep/anchored.py\n"),
        ("repo/sub/.gitignore", "mid.py\n"),
        ("repo/sub/deep/anchored.py", ""),
        ("repo/sub/deep/mid.py", ""),
        ("repo/sub/deep/private.py", ""),
        ("repo/sub/deep/ok.py", ""),
    ]);
    for (given, module) in [("repo/sub/deep", "ok.py"), ("repo", "sub/deep/ok.py")] {
        let w = walk(&[dir.path().join(given)], &Options::default());
        assert_eq!(modules(&w), [module], "{given}");
        assert!(w.excluded.len() >= 3);
    }
}

#[test]
fn a_repository_inside_another_has_rules_of_its_own() {
    let dir = tree(&[
        (".git/HEAD", ""),
        (".gitignore", "*.py\n"),
        ("inner/.git", "gitdir: ../.git/modules/inner\n"),
        (".git/modules/inner/info/exclude", "no.py\n"),
        ("inner/yes.py", ""),
        ("inner/no.py", ""),
        ("outer.py", ""),
    ]);
    assert_eq!(modules(&walked(&dir)), ["inner/yes.py"]);
}

#[test]
fn a_folder_that_ignores_itself_is_listed_as_one() {
    let dir = tree(&[
        ("cache/.gitignore", "# made\n*\n"),
        ("cache/a.py", ""),
        ("cache/b.py", ""),
    ]);
    assert_eq!(excluded(&dir, &walked(&dir)), ["cache/"]);
}

#[test]
fn excluded_globs_are_relative_to_the_given_path() {
    let dir = tree(&[
        ("a/gen/x.py", ""),
        ("gen/x.py", ""),
        ("b/t_pb2.py", ""),
        ("b/ok.py", ""),
        (".github/s.py", ""),
    ]);
    let exclude = ["/gen", "*_pb2.py", "!.github"].map(String::from).to_vec();
    let o = Options {
        exclude,
        ..Options::default()
    };
    let w = walk(&[dir.path().into()], &o);
    assert_eq!(modules(&w), [".github/s.py", "a/gen/x.py", "b/ok.py"]);
    assert_eq!(excluded(&dir, &w), ["b/t_pb2.py", "gen/"]);
}

#[test]
fn with_included_globs_only_what_they_match_is_scanned() {
    let dir = tree(&[
        ("src/a.py", ""),
        ("src/d/b.py", ""),
        ("docs/c.py", ""),
        ("n.ipynb", ""),
    ]);
    let include = ["./src".to_owned(), "*.ipynb".to_owned()].to_vec();
    let o = Options {
        include,
        ..Options::default()
    };
    let w = walk(&[dir.path().into()], &o);
    assert_eq!(modules(&w), ["n.ipynb", "src/a.py", "src/d/b.py"]);
    assert_eq!(excluded(&dir, &w), ["docs/c.py"]);
}

#[test]
fn a_glob_that_is_none_is_reported() {
    let dir = tree(&[("a.py", "")]);
    let o = Options {
        exclude: vec!["[z-a]".into()],
        ..Options::default()
    };
    let w = walk(&[dir.path().into()], &o);
    assert!(matches!(skipped(&w)[..], [("[z-a]", SkipReason::Io(_))]));
    assert_eq!(modules(&w), ["a.py"]);
}
