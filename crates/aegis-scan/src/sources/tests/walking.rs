use super::*;

#[test]
fn python_files_and_notebooks_are_found_in_order_and_nothing_else() {
    let dir = tree(&[
        ("b.py", ""),
        ("a/z.ipynb", ""),
        ("a/b.py", ""),
        ("a/stub.pyi", ""),
        ("a/gui.pyw", ""),
        ("a/script", "#!/usr/bin/env python\n"),
        (".hidden.py", ""),
    ]);
    let w = walked(&dir);
    assert_eq!(modules(&w), [".hidden.py", "a/b.py", "a/z.ipynb", "b.py"]);
    let notebooks: Vec<bool> = w.files.iter().map(|f| f.notebook).collect();
    assert_eq!(notebooks, [false, false, true, false]);
    assert_eq!((w.skipped, w.excluded), (vec![], vec![]));
}

#[test]
fn paths_are_shown_as_typed_without_a_leading_dot() {
    // Tests run in the folder of the crate.
    let shown = |path: &str| {
        let w = walk(&[path.into()], &Options::default());
        w.files
            .into_iter()
            .find(|f| f.module_path.ends_with("tests/walking.rs"))
            .map(|f| f.display)
    };
    let file = "src/sources/tests/walking.rs";
    let given = walk(
        &["./src/./sources//tests/walking.rs".into()],
        &Options::default(),
    );
    assert_eq!(given.files[0].display, file);
    assert_eq!(given.files[0].module_path, "walking.rs");
    assert_eq!(shown("no/such/folder"), None);
    let dir = tree(&[("p/a.py", "")]);
    let typed = format!("{}/./p/", dir.path().display());
    let w = walk(&[typed.into()], &Options::default());
    assert_eq!(
        w.files[0].display,
        format!("{}/p/a.py", dir.path().display())
    );
    assert_eq!(w.files[0].module_path, "a.py");
}

#[test]
fn built_in_exclusions_and_hidden_folders_are_left_out_and_listed() {
    let dir = tree(&[
        (".venv/a.py", ""),
        ("venv/a.py", ""),
        ("x/node_modules/a.py", ""),
        ("x/__pycache__/a.py", ""),
        ("x/.secret/a.py", ""),
        ("lib/site-packages/a.py", ""),
        ("ok.py", ""),
    ]);
    let w = walked(&dir);
    assert_eq!(modules(&w), ["ok.py"]);
    assert_eq!(
        excluded(&dir, &w),
        [
            ".venv/",
            "lib/site-packages/",
            "venv/",
            "x/.secret/",
            "x/__pycache__/",
            "x/node_modules/"
        ]
    );
}

#[test]
fn build_and_dist_are_scanned_if_they_are_packages() {
    let dir = tree(&[
        ("build/lib.py", ""),
        ("dist/__init__.py", ""),
        ("dist/x.py", ""),
        ("p/build/__init__.py", ""),
    ]);
    let w = walked(&dir);
    assert_eq!(
        modules(&w),
        ["dist/__init__.py", "dist/x.py", "p/build/__init__.py"]
    );
    assert_eq!(excluded(&dir, &w), ["build/"]);
}

#[test]
fn a_virtual_environment_of_any_name_is_left_out() {
    let dir = tree(&[("env/pyvenv.cfg", ""), ("env/lib/a.py", ""), ("b.py", "")]);
    let w = walked(&dir);
    assert_eq!(modules(&w), ["b.py"]);
    assert_eq!(excluded(&dir, &w), ["env/"]);
}

#[test]
fn a_given_path_is_scanned_even_if_it_would_be_left_out() {
    let dir = tree(&[
        (".git/HEAD", ""),
        (".gitignore", "gen/\n.venv\nx.py\n"),
        ("gen/a.py", ""),
        (".venv/.gitignore", "*\n"),
        (".venv/pyvenv.cfg", ""),
        (".venv/b.py", ""),
        ("x.py", ""),
    ]);
    for (given, module) in [("gen", "a.py"), (".venv", "b.py"), ("x.py", "x.py")] {
        let w = walk(&[dir.path().join(given)], &Options::default());
        assert_eq!(modules(&w), [module]);
        assert_eq!(w.excluded, [""; 0]);
    }
    let w = walk(
        &[dir.path().into(), dir.path().join("gen")],
        &Options::default(),
    );
    assert_eq!(modules(&w), ["a.py"]);
    assert_eq!(excluded(&dir, &w), [".git/", ".venv/", "x.py"]);
}

#[test]
fn overlapping_paths_give_each_file_once_as_the_outermost_has_it() {
    let dir = tree(&[
        ("p/a.py", ""),
        ("p/q/b.py", ""),
        ("pyproject.toml", ""),
        ("p/setup.cfg", ""),
    ]);
    let at = |name: &str| dir.path().join(name);
    let given = [at("p/q/b.py"), at("p"), at(""), at("./p/q"), at("p/a.py")];
    let w = walk(&given, &Options::default());
    assert_eq!(modules(&w), ["p/a.py", "p/q/b.py"]);
    assert_eq!(w.extra.len(), 2);
    let twice = walk(&[at("p"), at("p")], &Options::default());
    assert_eq!(modules(&twice), ["a.py", "q/b.py"]);
    assert!(twice.files.iter().all(|f| f.root == 0));
}

#[test]
fn project_and_deployment_files_are_returned_apart() {
    let dir = tree(&[
        ("pyproject.toml", ""),
        ("sub/setup.cfg", ""),
        ("Dockerfile.prod", ""),
        ("docker-compose.yml", ""),
        ("compose.dev.yaml", ""),
        ("Procfile", ""),
        ("openai-1.0.dist-info/METADATA", ""),
        ("requirements.txt", ""),
    ]);
    let w = walked(&dir);
    let names: Vec<_> = w
        .extra
        .iter()
        .map(|p| p.strip_prefix(dir.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Dockerfile.prod",
            "Procfile",
            "compose.dev.yaml",
            "docker-compose.yml",
            "openai-1.0.dist-info",
            "pyproject.toml",
            "sub/setup.cfg"
        ]
    );
    assert_eq!(w.files, []);
}

#[test]
fn a_given_path_that_does_not_exist_is_reported() {
    let dir = tree(&[]);
    let w = walk(&[dir.path().join("none.py")], &Options::default());
    assert!(matches!(skipped(&w)[..], [("none.py", SkipReason::Io(_))]));
}

#[test]
fn the_result_is_the_same_every_time() {
    let names: Vec<String> = (0..300)
        .map(|i| format!("p{}/q{}/m{i}.py", i % 7, i % 11))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "")).collect();
    let dir = tree(&files);
    let first = walked(&dir);
    assert_eq!(first.files.len(), 300);
    assert!(first.files.is_sorted_by(|a, b| a.display < b.display));
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| walked(&dir)), first);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn linked_folders_are_not_followed_but_listed() {
        let dir = tree(&[("a/x.py", "")]);
        symlink(dir.path(), dir.path().join("a/up")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        let w = walked(&dir);
        assert_eq!(modules(&w), ["a/x.py"]);
        assert_eq!(
            excluded(&dir, &w),
            ["a/up/ (symbolic link)", "b/ (symbolic link)"]
        );
        let w = walk(
            &[dir.path().into(), dir.path().join("b")],
            &Options::default(),
        );
        assert_eq!(modules(&w), ["a/x.py"]);
        let twice = ["a/up/ (symbolic link)", "b/up/ (symbolic link)"];
        assert_eq!(excluded(&dir, &w), twice);
    }

    #[test]
    fn links_that_lead_nowhere_or_to_themselves_are_skipped() {
        let dir = tree(&[]);
        symlink("gone.py", dir.path().join("broken.py")).unwrap();
        symlink("loop.py", dir.path().join("loop.py")).unwrap();
        symlink("gone", dir.path().join("other")).unwrap();
        let w = walked(&dir);
        assert_eq!(
            skipped(&w),
            [
                ("broken.py", &SkipReason::Link),
                ("loop.py", &SkipReason::Link)
            ]
        );
        assert_eq!((w.files, w.excluded), (vec![], vec![]));
    }

    #[test]
    fn a_linked_file_is_read_unless_it_is_scanned_at_its_own_place() {
        let outside = tree(&[("shared.py", "")]);
        let dir = tree(&[("a.py", ""), (".venv/hidden.py", ""), ("script", "")]);
        symlink("a.py", dir.path().join("same.py")).unwrap();
        symlink(
            outside.path().join("shared.py"),
            dir.path().join("shared.py"),
        )
        .unwrap();
        symlink(".venv/hidden.py", dir.path().join("reveals.py")).unwrap();
        symlink("script", dir.path().join("script.py")).unwrap();
        let w = walked(&dir);
        assert_eq!(
            modules(&w),
            ["a.py", "reveals.py", "script.py", "shared.py"]
        );
    }

    #[test]
    fn what_is_no_regular_file_is_never_opened() {
        let dir = tree(&[]);
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path().join("pipe.py"))
            .status();
        assert!(made.unwrap().success());
        let reason = SkipReason::Io("not a regular file".into());
        assert_eq!(skipped(&walked(&dir)), [("pipe.py", &reason)]);
        let given = walk(&[dir.path().join("pipe.py")], &Options::default());
        assert_eq!(skipped(&given), [("pipe.py", &reason)]);
    }

    #[test]
    fn an_unreadable_folder_is_reported() {
        let dir = tree(&[("locked/a.py", ""), ("b.py", "")]);
        let locked = dir.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // Root may read everything.
        let refused = fs::read_dir(&locked).is_err();
        let w = walked(&dir);
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
        if refused {
            assert!(matches!(
                skipped(&w)[..],
                [("", SkipReason::Io(_)) | ("locked", SkipReason::Io(_))]
            ));
            assert_eq!(modules(&w), ["b.py"]);
        }
    }
}
