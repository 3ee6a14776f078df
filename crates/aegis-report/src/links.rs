//! Links from a report to the lines it speaks of, on the web.

use aegis_diag::Span;

use crate::Options;
use crate::sarif::uri;

/// What the address of a file on the web begins with, such as
/// `https://github.com/owner/repository/blob/COMMIT/`; the path from the root of the repository
/// follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase(String);

/// The text cannot be the beginning of a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot begin a link; expected an address such as `https://github.com/owner/repository/blob/COMMIT/`"
)]
pub struct BadLinkBase(pub String);

impl std::str::FromStr for LinkBase {
    type Err = BadLinkBase;

    /// Takes `http` and `https` addresses of plain characters only, so that they can be written
    /// anywhere in Markdown and HTML.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let rest = s
            .strip_prefix("https://")
            .or_else(|| s.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@+,;=%".contains(c);
        match rest {
            Some(rest)
                if rest.chars().all(plain)
                    && rest.starts_with(|c: char| c.is_ascii_alphanumeric()) =>
            {
                Ok(Self(format!("{}/", s.trim_end_matches('/'))))
            }
            _ => Err(BadLinkBase(s.to_owned())),
        }
    }
}

/// The address of the first line of a span; `None` without a base, and for files that are not in
/// the repository.
pub(crate) fn of_span(span: &Span, options: &Options) -> Option<String> {
    address(&span.file.path, span.start().raw_line, options)
}

/// The address of a place as shown to people: `path:line` or `path:line:column`.
pub(crate) fn of_place(place: &str, options: &Options) -> Option<String> {
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':') {
        Some((path, line)) if !path.ends_with(char::is_whitespace) => match line.parse() {
            Ok(line) => address(path, line, options),
            // The number of a cell is no line of the file.
            Err(_) => None,
        },
        _ => address(rest, last, options),
    }
}

/// A notebook is rendered unless its text is asked for, and then has no lines.
fn address(path: &str, line: u32, options: &Options) -> Option<String> {
    let LinkBase(base) = options.link_base.as_ref()?;
    let no_file = path.starts_with('<');
    let path = uri::repository_path(&options.root, path);
    let outside = no_file || uri::is_absolute(&path) || path.starts_with("..");
    let plain = if path.ends_with(".ipynb") {
        "?plain=1"
    } else {
        ""
    };
    (!outside).then(|| format!("{base}{}{plain}#L{line}", uri::percent_encode(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{at, file, notebook};

    fn options() -> Options {
        Options {
            link_base: "https://git.example/o/r/blob/abc".parse().ok(),
            root: "apps".into(),
            ..Options::default()
        }
    }

    #[test]
    fn lines_have_addresses() {
        let (source, options) = (file("a b/(é).py", "x\ny = call()\n"), options());
        let of = |span| of_span(&span, &options).unwrap();
        insta::assert_snapshot!(of(at(&source, "call")), @"https://git.example/o/r/blob/abc/apps/a%20b/%28%C3%A9%29.py#L2");
        insta::assert_snapshot!(of(at(&notebook(), "c.messages")), @"https://git.example/o/r/blob/abc/apps/desk/try.ipynb?plain=1#L31");
        let place = |text| of_place(text, &options);
        assert_eq!(place("p.yaml:6"), place("p.yaml:6:3"));
        assert!(place("p.yaml:6").unwrap().ends_with("/apps/p.yaml#L6"));
    }

    #[test]
    fn what_is_not_in_the_repository_has_none() {
        let options = options();
        for place in [
            "/etc/x.py:1",
            "../../x.py:1",
            "C:/x.py:1",
            "<stdin>:1",
            "x.py",
            "b.ipynb:cell 3:2",
        ] {
            assert_eq!(of_place(place, &options), None, "{place}");
        }
        assert_eq!(of_place("p.yaml:6", &Options::default()), None);
    }

    #[test]
    fn a_base_cannot_be_markup_or_a_script() {
        for bad in [
            "",
            "javascript:alert(1)",
            "https://",
            "https://a/)b",
            "https://a/ b",
            "https://a/\"",
            "https://a/<b",
            "https://a?x#",
        ] {
            assert!(bad.parse::<LinkBase>().is_err(), "{bad}");
        }
        assert!(
            "http://localhost:3000/o/r/src/commit/abc/"
                .parse::<LinkBase>()
                .is_ok()
        );
    }
}
