//! What project and deployment files say about how the program is started: console scripts,
//! environment variables, start commands.

use std::path::Path;

use crate::catalog::Catalog;

/// How one deployment file starts something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Start {
    /// Targets the environment switches on.
    pub(crate) bits: u128,
    /// The words of the command.
    pub(crate) command: Vec<String>,
}

/// Console scripts of a project file, as `module:function`.
pub(crate) fn console_scripts(path: &Path, text: &str) -> Vec<String> {
    let name = path
        .file_name()
        .map(|f| f.to_string_lossy().into_owned())
        .unwrap_or_default();
    if name == "setup.cfg" {
        return setup_cfg(text);
    }
    let Ok(doc) = toml::from_str::<toml::Table>(text) else {
        return Vec::new();
    };
    let project = doc.get("project");
    let poetry = doc.get("tool").and_then(|t| t.get("poetry"));
    let tables = [
        project.and_then(|p| p.get("scripts")),
        project.and_then(|p| p.get("gui-scripts")),
        poetry.and_then(|p| p.get("scripts")),
    ];
    let mut out = Vec::new();
    for table in tables
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table)
    {
        for value in table.values() {
            let text = value.as_str().or_else(|| {
                value
                    .get("callable")
                    .or(value.get("reference"))
                    .and_then(toml::Value::as_str)
            });
            out.extend(text.map(str::to_owned));
        }
    }
    out
}

fn setup_cfg(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut out = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("console_scripts") {
            inside = true;
        } else if inside && line.starts_with([' ', '\t']) {
            out.extend(line.split_once('=').map(|(_, v)| v.trim().to_owned()));
        } else {
            inside = false;
        }
    }
    out
}

/// What a Dockerfile, compose file or Procfile starts, and with which instrumentation.
pub(crate) fn starts(catalog: &Catalog, path: &Path, text: &str) -> Vec<Start> {
    let name = path
        .file_name()
        .map(|f| f.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if name.contains("dockerfile") || name.contains("containerfile") {
        vec![dockerfile(catalog, text)]
    } else if name.contains("compose") {
        compose(catalog, text)
    } else if name == "procfile" {
        text.lines()
            .filter_map(|l| l.split_once(':'))
            .map(|(_, c)| command_line(catalog, c))
            .collect()
    } else {
        Vec::new()
    }
}

/// Bits an assignment of an environment variable switches on.
fn bits(catalog: &Catalog, variable: &str, value: &str) -> u128 {
    let value = value.trim().trim_matches(['"', '\'']).to_lowercase();
    catalog
        .environment()
        .filter(|e| {
            e.variable == variable.trim() && e.values.iter().any(|v| v.to_lowercase() == value)
        })
        .fold(0, |b, e| {
            b | catalog.bits(&e.targets) | catalog.bits_with_always(&e.targets)
        })
}

fn command_line(catalog: &Catalog, text: &str) -> Start {
    let mut start = Start::default();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some((variable, value)) => start.bits |= bits(catalog, variable, value),
            None => start
                .command
                .push(word.trim_matches(['"', '\'', '[', ']', ',']).to_owned()),
        }
    }
    start
}

fn dockerfile(catalog: &Catalog, text: &str) -> Start {
    let mut start = Start::default();
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    for line in joined.lines() {
        let line = line.trim();
        let Some((word, rest)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        match word.to_ascii_uppercase().as_str() {
            "ENV" if rest.contains('=') => {
                for pair in rest.split_whitespace() {
                    if let Some((k, v)) = pair.split_once('=') {
                        start.bits |= bits(catalog, k, v);
                    }
                }
            }
            "ENV" => {
                if let Some((k, v)) = rest.trim().split_once(char::is_whitespace) {
                    start.bits |= bits(catalog, k, v);
                }
            }
            "CMD" | "ENTRYPOINT" => {
                let inner = command_line(catalog, &rest.replace(',', " "));
                start.bits |= inner.bits;
                start.command.extend(inner.command);
            }
            _ => {}
        }
    }
    start
}

fn compose(catalog: &Catalog, text: &str) -> Vec<Start> {
    let Ok(doc) = serde_saphyr::from_str::<serde_json::Value>(text) else {
        return Vec::new();
    };
    let Some(services) = doc.get("services").and_then(|s| s.as_object()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for service in services.values() {
        let mut start = Start::default();
        match service.get("environment") {
            Some(serde_json::Value::Object(map)) => {
                for (k, v) in map {
                    let v = v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                    start.bits |= bits(catalog, k, &v);
                }
            }
            Some(serde_json::Value::Array(list)) => {
                for pair in list
                    .iter()
                    .filter_map(|p| p.as_str())
                    .filter_map(|p| p.split_once('='))
                {
                    start.bits |= bits(catalog, pair.0, pair.1);
                }
            }
            _ => {}
        }
        for key in ["command", "entrypoint"] {
            match service.get(key) {
                Some(serde_json::Value::String(s)) => {
                    start.command.extend(command_line(catalog, s).command);
                }
                Some(serde_json::Value::Array(list)) => start
                    .command
                    .extend(list.iter().filter_map(|w| w.as_str()).map(str::to_owned)),
                _ => {}
            }
        }
        out.push(start);
    }
    out
}

/// Whether the words of a command start a module, by its dotted name and its path.
pub(crate) fn command_starts(command: &[String], dotted: &str, path: &str) -> bool {
    command.iter().any(|w| {
        let file = w.trim_start_matches("./");
        let module = w.split(':').next().unwrap_or(w);
        let is_file = file.ends_with(".py")
            && (path == file
                || path.ends_with(&format!(
                    "/{}",
                    file.trim_start_matches('/')
                        .rsplit('/')
                        .next()
                        .unwrap_or(file)
                )));
        is_file || module == dotted || dotted == format!("{module}.__main__")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_scripts_of_both_project_styles_are_read() {
        let p = Path::new("pyproject.toml");
        assert_eq!(
            console_scripts(p, "[project.scripts]\na = \"m.cli:main\"\n"),
            ["m.cli:main"]
        );
        assert_eq!(
            console_scripts(p, "[tool.poetry.scripts]\na = {callable = \"m:f\"}\n"),
            ["m:f"]
        );
        let cfg = "[options.entry_points]\nconsole_scripts =\n    a = m:f\n    b = n:g\n[x]\n";
        assert_eq!(console_scripts(Path::new("setup.cfg"), cfg), ["m:f", "n:g"]);
    }

    #[test]
    fn commands_name_files_and_modules() {
        let words = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(command_starts(
            &words("python /app/main.py"),
            "main",
            "src/main.py"
        ));
        assert!(command_starts(
            &words("uvicorn shop.web:app"),
            "shop.web",
            "shop/web.py"
        ));
        assert!(command_starts(
            &words("python -m shop"),
            "shop.__main__",
            "shop/__main__.py"
        ));
        assert!(!command_starts(
            &words("python other.py"),
            "main",
            "main.py"
        ));
    }
}
